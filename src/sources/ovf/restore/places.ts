/*
 * Where values stand in the text of an XML document, so that some can be changed and all else stays as
 * it is, byte for byte. Names are local ones: documents differ in prefixes and in the spelling of their
 * namespaces.
 */

/** A value, and its raw text in the document. */
export interface Place {
  readonly start: number;
  readonly end: number;
  /** Without entities and CDATA. */
  readonly value: string;
}

export interface Attribute extends Place {
  readonly name: string;
}

export interface Element {
  readonly name: string;
  readonly attributes: readonly Attribute[];
  readonly children: readonly Element[];
  /** What stands in it; undefined where it has children, or is written as one tag. */
  readonly content: Place | undefined;
  readonly start: number;
  readonly end: number;
}

interface OpenElement {
  readonly name: string;
  readonly attributes: readonly Attribute[];
  readonly children: Element[];
  readonly start: number;
  /** Where its content begins. */
  readonly inner: number;
  value: string;
}

const attributePattern = /([^\s=/>"']+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const markup =
  /<!--[^]*?-->|<!\[CDATA\[([^]*?)\]\]>|<\?[^]*?\?>|<\/([^\s>]+)\s*>|<([^\s/>!?]+)((?:\s+[^\s=/>"']+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>/gy;

/** The outermost element of a document. @throws SyntaxError where it is no XML, or has a DOCTYPE */
export function readPlaces(text: string): Element {
  const top = openElement({ name: "", attributes: [], start: 0, inner: 0 });
  const open = [top];
  let at = 0;
  for (let next = text.indexOf("<"); next !== -1; next = text.indexOf("<", at)) {
    const parent = open.at(-1) ?? top;
    parent.value += decode(text.slice(at, next));
    markup.lastIndex = next;
    const match = markup.exec(text);
    if (match === null) throw new SyntaxError(`there is no XML at character ${next}`);
    at = markup.lastIndex;
    take(open, match, at);
  }
  const [root] = top.children;
  if (open.length !== 1 || root === undefined) throw new SyntaxError("the document is cut off");
  return root;
}

/** Takes a tag, CDATA, a comment or an instruction. */
function take(open: OpenElement[], match: RegExpExecArray, end: number): void {
  const [, cdata = "", closed, opened] = match;
  const parent = open.at(-1);
  if (opened !== undefined) begin(open, match, match.index);
  else if (closed !== undefined) finish(open, localName(closed), match.index, end);
  else if (parent !== undefined) parent.value += cdata;
}

function openElement(start: Omit<OpenElement, "children" | "value">): OpenElement {
  return { ...start, children: [], value: "" };
}

function begin(open: OpenElement[], match: RegExpExecArray, start: number): void {
  const [whole, , , qualified = "", attributes = "", slash] = match;
  const end = start + whole.length;
  const name = localName(qualified);
  const element = openElement({
    name,
    attributes: attributesOf(attributes, start + 1 + qualified.length),
    start,
    inner: end,
  });
  if (slash !== "/") open.push(element);
  else open.at(-1)?.children.push({ ...element, content: undefined, end });
}

function finish(open: OpenElement[], name: string, inner: number, end: number): void {
  const element = open.pop();
  if (element?.name !== name || open.length === 0) {
    throw new SyntaxError(`${name} ends at character ${inner} and was not begun`);
  }
  const { attributes, children, start, value } = element;
  const content = children.length > 0 ? undefined : { start: element.inner, end: inner, value };
  open.at(-1)?.children.push({ name, attributes, children, content, start, end });
}

function attributesOf(text: string, offset: number): Attribute[] {
  return [...text.matchAll(attributePattern)].map((match) => {
    const [whole, name = "", double, single] = match;
    const raw = double ?? single ?? "";
    const end = offset + match.index + whole.length - 1;
    return { name: localName(name), start: end - raw.length, end, value: decode(raw) };
  });
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

const entities = new Map([
  ["lt", "<"],
  ["gt", ">"],
  ["amp", "&"],
  ["quot", '"'],
  ["apos", "'"],
]);

function decode(raw: string): string {
  if (!raw.includes("&")) return raw;
  return raw.replaceAll(/&([^;]*);/g, (_, name: string) => {
    const code = /^#(?:x([0-9a-f]{1,6})|(\d{1,7}))$/i.exec(name);
    if (code !== null)
      return String.fromCodePoint(parseInt(code[1] ?? code[2] ?? "", code[1] ? 16 : 10));
    const character = entities.get(name);
    if (character === undefined) throw new SyntaxError(`there is no entity "${name}"`);
    return character;
  });
}

/** A value as it may stand in an element or in quotes of either kind. */
export function encode(value: string): string {
  return value
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&apos;")
    .replaceAll(/[\t\n\r]/g, (character) => `&#${character.codePointAt(0)};`);
}

/** An element and all in it, in their order. */
export function* walk(root: Element): Generator<Element> {
  const waiting = [root];
  for (let element = waiting.pop(); element !== undefined; element = waiting.pop()) {
    yield element;
    for (const child of element.children.toReversed()) waiting.push(child);
  }
}

export function attributeOf(element: Element, name: string): string | undefined {
  return element.attributes.find((attribute) => attribute.name === name)?.value;
}

export function childOf(element: Element, name: string): Element | undefined {
  return element.children.find((child) => child.name === name);
}

/** What stands in a child; undefined where there is none, or nothing in it. */
export function valueOf(element: Element, name: string): string | undefined {
  return childOf(element, name)?.content?.value || undefined;
}

/** A part of a text that gives way to another. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Makes changes; one that lies in another, such as in what is left out, is none. */
export function edit(text: string, edits: readonly Edit[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { start, end, text: replacement } of edits.toSorted(
    (a, b) => a.start - b.start || b.end - a.end,
  )) {
    if (start < at) continue;
    parts.push(text.slice(at, start), replacement);
    at = end;
  }
  return parts.join("") + text.slice(at);
}
