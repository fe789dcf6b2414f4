import { expect, test } from "vitest";
import { swift } from "../../src/providers/swift.ts";
import { isKeystone } from "../../src/providers/swift/settings.ts";
import { parseSettings } from "../../src/settings.ts";

const v1 = {
  auth_url: "http://127.0.0.1:18080/auth/v1.0",
  user: "test:tester",
  key: "secret:swift_key",
  container: "backups",
};
const v3 = {
  auth_url: "https://cloud.example:5000/v3",
  user: "backup",
  project: "shop",
  key: "secret:swift_key",
  container: "backups",
};
const credential = {
  auth_url: "https://cloud.example:5000/v3/",
  application_credential_id: "4711",
  key: "secret:swift_key",
  container: "backups",
};

test.each([
  ["Auth v1", v1, false],
  ["Keystone, by its address", v3, true],
  ["an application credential", credential, true],
  ["Keystone, said so", { ...v3, auth_url: "https://cloud/identity", auth_version: "3" }, true],
  ["Auth v1, said so", { ...v1, auth_url: "https://cloud/v3", auth_version: "1" }, false],
])("%s", (_, given, keystone) => {
  const settings = parseSettings(swift, { ...given, segment_size: "1048576", timeout: 5 });
  expect(settings).toMatchObject({ segment_size: 1_048_576, timeout: 5, attempts: 6 });
  expect(isKeystone(settings)).toBe(keystone);
});

test.each([
  [{ ...v1, user: undefined }, '"user" is missing'],
  [{ ...v1, project: "shop" }, '"project" is of auth_version 3 alone'],
  [{ ...v1, key: "hunter2" }, '"key" must be given as secret:NAME'],
  [{ ...v1, auth_version: "2" }, '"auth_version" must be 1 or 3'],
  [{ ...v1, auth_url: "cloud.example" }, '"auth_url" must be a URL'],
  [{ ...v1, auth_url: "ftp://cloud.example/v1" }, '"auth_url" must be a URL'],
  [{ ...v1, auth_url: "https://me:hunter2@cloud.example/v1" }, '"auth_url" must be a URL'],
  [{ ...v1, container: "a/b" }, '"container" must be'],
  [{ ...v1, container: "x".repeat(257) }, '"container" must be'],
  [{ ...v1, container: "" }, '"container" must not be empty'],
  [{ ...v1, prefix: "team/" }, '"prefix" must be'],
  [{ ...v1, prefix: ".hidden" }, '"prefix" must be'],
  [{ ...v1, segment_size: "5368709121" }, '"segment_size" must be 5368709120 or less'],
  [{ ...v1, attempts: "0" }, '"attempts" must be 1 or more'],
  [{ ...v3, project: undefined }, '"project" is missing'],
  [{ ...credential, user: "backup" }, '"user" says what application_credential_id says already'],
])("%j is refused: %s", (given, says) => {
  const parsing = (): unknown => parseSettings(swift, given);
  expect(parsing).toThrow(says);
  expect(parsing).not.toThrow("hunter2");
});
