import { postgres } from "../../src/providers/postgres.ts";
import { testProvider } from "./conformance.ts";
import { useStore } from "./postgres-support.ts";

const store = useStore();

testProvider("postgres", postgres, async () => store.place());
