import { isNic, isProse, ownIdsOfDisk, systemOf } from "./machine-facts.ts";
import { nestedOf } from "./nested.ts";
import {
  attributeOf,
  childOf,
  type Edit,
  edit,
  type Element,
  encode,
  type Place,
  readPlaces,
  walk,
} from "./places.ts";
import { type Renaming, rename } from "./tokens.ts";

/** What is to be another in a document; ids and MAC addresses are in lower case. */
export interface Changes extends Renaming {
  readonly name?: string;
  readonly templateName?: string;
  /** Ids of disks and their images that are left out. */
  readonly withoutDisks: ReadonlySet<string>;
  /** Interfaces stay, and have no network. */
  readonly withoutNetworks: ReadonlySet<string>;
}

/**
 * A document with these changes, in the configurations of its snapshots too. Texts for people, and all
 * that no change is about, stay byte for byte.
 *
 * @throws SyntaxError for what is no XML
 */
export function rewrite(text: string, changes: Changes): string {
  const root = readPlaces(text);
  const edits = namesOf(root, changes);
  for (const element of walk(root)) {
    if (isLeftOut(element, changes)) edits.push(removal(text, element));
    else edits.push(...editsOf(text, element, changes));
  }
  return edit(text, edits);
}

function namesOf(root: Element, { name, templateName }: Changes): Edit[] {
  const system = systemOf(root);
  const names = { Name: name, TemplateName: templateName };
  return Object.entries(names).flatMap(([tag, value]) => {
    const place = system && childOf(system, tag)?.content;
    return place === undefined || value === undefined || place.value === value
      ? []
      : [replacement(place, encode(value))];
  });
}

function isLeftOut(element: Element, { withoutDisks, withoutNetworks }: Changes): boolean {
  if (element.name === "Network") return withoutNetworks.has(attributeOf(element, "name") ?? "");
  return withoutDisks.size > 0 && ownIdsOfDisk(element).some((id) => withoutDisks.has(id));
}

/** An element goes with the space before it. */
function removal(text: string, { start, end }: Element): Edit {
  return { start: text.slice(0, start).trimEnd().length, end, text: "" };
}

function editsOf(text: string, element: Element, changes: Changes): Edit[] {
  const { attributes, content } = element;
  const edits = attributes.flatMap((attribute) =>
    isProse(attribute.name) ? [] : renamed(text, attribute, changes),
  );
  if (content !== undefined && !isProse(element.name)) {
    edits.push(...(inConfiguration(element, content, changes) ?? renamed(text, content, changes)));
  }
  return isNic(element) ? [...edits, ...withoutNetwork(element, changes)] : edits;
}

function renamed(text: string, place: Place, changes: Renaming): Edit[] {
  const value = rename(place.value, changes);
  if (value === place.value) return [];
  const isPlain = text.slice(place.start, place.end) === place.value;
  return [replacement(place, isPlain ? value : encode(value))];
}

function inConfiguration({ name }: Element, content: Place, changes: Changes): Edit[] | undefined {
  const nested = name === "VmConfiguration" ? nestedOf(content.value) : undefined;
  if (nested === undefined) return undefined;
  const text = rewrite(nested.text, changes);
  return text === nested.text ? [] : [replacement(content, nested.wrap(text))];
}

function withoutNetwork(element: Element, { withoutNetworks }: Changes): Edit[] {
  const connection = childOf(element, "Connection")?.content;
  return connection !== undefined && withoutNetworks.has(connection.value)
    ? [replacement(connection, "")]
    : [];
}

function replacement({ start, end }: Place, text: string): Edit {
  return { start, end, text };
}
