import { ASTNodeTypes, type TxtNode } from "@textlint/ast-node-types";
import { parse } from "@textlint/markdown-to-ast";
import { split } from "sentence-splitter";
import { LONGEST_SENTENCE, RULES } from "./rules.ts";

/** A problem of a text and its line. */
export interface Finding {
  /** Counted from 1. */
  readonly line: number;
  readonly message: string;
}

/** Checks a Markdown page except for code and quotations, which this repository's authors did not write. */
export function checkPage(text: string): Finding[] {
  return [...passages(parse(text))].flatMap(({ raw, loc }) =>
    sentences(raw).flatMap((sentence) => {
      const words = sentence.split(" ").length;
      const length =
        words > LONGEST_SENTENCE ? [`${words} words: write two sentences: "${shortened(sentence)}"`] : [];
      return [...checkSentence(sentence), ...length].map((message) => ({ line: loc.start.line, message }));
    }),
  );
}

/** Checks a sentence, or a title, that is not Markdown. */
export function checkSentence(text: string): string[] {
  const plain = text.replace(/`[^`]*`|(?<= )--[\w-]+/g, "code");
  return RULES.flatMap(({ pattern, instead }) => {
    const [found] = pattern.exec(plain) ?? [];
    return found === undefined ? [] : [`"${shortened(found)}": write ${instead}`];
  });
}

/** All paragraphs, headings and table cells, also in lists. */
function* passages(node: TxtNode): Generator<TxtNode> {
  const { Paragraph, Header, TableCell } = ASTNodeTypes;
  if ([Paragraph, Header, TableCell].includes(node.type as never)) {
    yield node;
    return;
  }
  for (const child of (node as { children?: TxtNode[] }).children ?? []) yield* passages(child);
}

function sentences(raw: string): string[] {
  const plain = raw
    .replace(/`[^`]*`/g, "code")
    .replace(/[“"][^"”]*["”]/g, '"quotation"')
    .replace(/\]\([^)]*\)/g, "]")
    .replace(/\s+/g, " ");
  return split(plain).flatMap(({ type, raw: sentence }) => (type === "Sentence" ? [sentence.trim()] : []));
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
