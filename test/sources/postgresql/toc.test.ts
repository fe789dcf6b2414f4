import { expect, test } from "vitest";
import { dotted, folderOf } from "../../../src/sources/postgresql/names.ts";
import { parsePattern } from "../../../src/sources/postgresql/patterns.ts";
import { parseToc } from "../../../src/sources/postgresql/toc.ts";

test("kinds of several words are told from schemas that are called so", () => {
  const toc = parseToc(`;
; Selected TOC Entries:
;
215; 1259 16390 TABLE DATA t owner
3384; 0 16390 TABLE DATA public a owner
;	depends on: 215 215 8
233; 1259 16509 MATERIALIZED VIEW shop order_count postgres
3629; 0 16509 MATERIALIZED VIEW DATA shop order_count postgres
3641; 0 0 ENCODING - ENCODING 
3466; 2606 16450 FK CONSTRAINT shop customer key postgres
`);
  expect(toc.map(({ dumpId, kind, label }) => [dumpId, kind, label])).toEqual([
    [215, "TABLE", "DATA t owner"],
    [3384, "TABLE DATA", "public a owner"],
    [233, "MATERIALIZED VIEW", "shop order_count postgres"],
    [3629, "MATERIALIZED VIEW DATA", "shop order_count postgres"],
    [3641, "ENCODING", "- ENCODING"],
    [3466, "FK CONSTRAINT", "shop customer key postgres"],
  ]);
  expect(toc[1]?.needs).toEqual([215, 8]);
});

test("no two databases share a folder, whatever they are called", () => {
  expect(folderOf("shop")).toBe("shop");
  expect(folderOf("globals.sql")).toBe("globals%2Esql");
  expect(folderOf("../a b/ü")).toBe("%2E%2E%2Fa%20b%2F%C3%BC");
  expect(folderOf("a%2Eb")).not.toBe(folderOf("a.b"));
});

test("no two tables share a name, whatever they are called", () => {
  expect(dotted("shop", "public", "orders")).toBe("shop.public.orders");
  expect(dotted("a.b", "c")).not.toBe(dotted("a", "b.c"));
  expect(dotted('"a"', "b")).not.toBe(dotted("a", "b"));
});

test.for([
  ["orders", { schema: null, name: "^(?:orders)$" }],
  ["Orders", { schema: null, name: "^(?:orders)$" }],
  ['"Orders"', { schema: null, name: "^(?:Orders)$" }],
  ["shop.log_*", { schema: "^(?:shop)$", name: "^(?:log_.*)$" }],
  ['"a.b".x?$', { schema: "^(?:a\\.b)$", name: "^(?:x.\\$)$" }],
  ['"say ""hi"""', { schema: null, name: '^(?:say "hi")$' }],
] as const)("a pattern of pg_dump is read as pg_dump does: %s", ([pattern, expected]) => {
  expect(parsePattern(pattern)).toEqual(expected);
});
