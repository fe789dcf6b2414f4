/** As many links as Linux follows. */
const mostLinks = 40;

/**
 * Whether whoever follows a symbolic link, one of a tree's, can come out of the tree. Links on the way
 * are followed too: names alone do not tell where `a/..` is, if `a` is a link.
 */
export function leadsOut(path: string, symlinks: ReadonlyMap<string, string>): boolean {
  const start = path.split("/");
  const last = start.pop() ?? "";
  const at = start;
  const ahead = [last];
  let followed = 0;
  for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
    if (name === "" || name === ".") continue;
    if (name === "..") {
      if (at.pop() === undefined) return true;
      continue;
    }
    const target = symlinks.get([...at, name].join("/"));
    if (target === undefined) {
      at.push(name);
      continue;
    }
    followed += 1;
    if (target.startsWith("/")) return true;
    // Linux gives up here too: such a link leads nowhere.
    if (followed > mostLinks) return false;
    ahead.push(...target.split("/").toReversed());
  }
  return false;
}
