/**
 * A server's option file. Values are quoted, because they may hold a space or a "#", and a server takes a backslash in
 * them for the beginning of an escape sequence.
 */
export function optionFile(settings: Record<string, string>): string {
  const lines = Object.entries(settings).map(
    ([name, value]) => `${name} = "${value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}"\n`,
  );
  return ["[mysqld]\n", ...lines].join("");
}
