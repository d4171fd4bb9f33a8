/** Quotes a word of a shell command that a message suggests. A caller of RotateSecret chooses the token, for example. */
export function shellWord(text: string): string {
  return /^[\w:/+=.@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
