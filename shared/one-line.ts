/** Characters. The longest sentence of ours, a remedy with many statements, is shorter. */
const LONGEST = 10_000;

/** What moves a terminal's cursor, begins a new line, or turns the direction of writing round. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** A text with words of a server or of an event in it, as one line of bounded length: no line can be forged with it. */
export function oneLine(text: string): string {
  const line = text.slice(0, LONGEST).replace(UNPRINTABLE, (character) => {
    return `\\u{${character.charCodeAt(0).toString(16)}}`;
  });
  return text.length > LONGEST ? `${line}…` : line;
}
