const SEPARATORS = /[\s/_+=.@-]+/;

/**
 * The words of a text for the search of ListSecrets, in lowercase. A word ends at white space, at one of
 * `/_+=.@-`, and before an uppercase letter that a lowercase one follows: "prod/AppBeta" is prod, app, beta, and
 * "COMPANYthings" is compan, ythings. Source: moto's tests of the filter `all`, which moto ran against AWS.
 */
function wordsOf(text: string): string[] {
  return text
    .split(SEPARATORS)
    .flatMap((part) => part.split(/(?<=.)(?=[A-Z][a-z])/))
    .filter((word) => word !== "")
    .map((word) => word.toLowerCase());
}

/** Whether each word of the pattern begins a word of the text. A pattern without any word matches nothing. */
export function matchesWords(text: string, pattern: string): boolean {
  const words = wordsOf(text);
  const wanted = wordsOf(pattern);
  return wanted.length > 0 && wanted.every((start) => words.some((word) => word.startsWith(start)));
}
