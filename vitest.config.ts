import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/global-setup.ts"],
    // Each file has a database of its own, so files run side by side.
    maxWorkers: 3,
    // Most take less than a second; a busy machine is no failure.
    testTimeout: 90_000,
    hookTimeout: 120_000,
    sequence: { shuffle: { tests: true, files: true } },
  },
});

export default config;
