/**
 * One entry of a machine's apt sources: the fields of sources.list(5), deb822 style, by their names in lower case.
 * Fields that nothing here knows (keys, proxies of a company, architectures) stay as they are.
 */
export type Source = ReadonlyMap<string, string>;

/** Reads sources in either of apt's two styles, which the file's name tells. Disabled ones are left out. */
export function parseSources(fileName: string, text: string): Source[] {
  const sources = fileName.endsWith(".sources") ? stanzas(text) : lines(text);
  return sources.filter(
    (source) => words(source, "types").includes("deb") && source.get("enabled")?.trim() !== "no",
  );
}

/** A source in deb822 style, with some of its fields replaced. */
export function formatSource(source: Source, fields: Record<string, string>): string {
  return [...new Map([...source, ...Object.entries(fields)])]
    .map(([name, value]) => `${name}: ${value}\n`)
    .join("");
}

/** The words of a field that is a list. */
export function words(source: Source, field: string): string[] {
  return (source.get(field) ?? "").split(/\s+/).filter((word) => word !== "");
}

function stanzas(text: string): Source[] {
  return text
    .replaceAll(/^#.*\n?/gm, "")
    .split(/^[ \t]*$/m)
    .map((stanza) => {
      // A line that begins with a space belongs to the field before it: a key stands in the file that way.
      const fields = stanza.matchAll(/^(?<name>[^\s:]+):[ \t]*(?<value>.*(?:\n[ \t].*)*)/gm);
      return new Map([...fields].map(({ groups = {} }) => [lowerCase(groups.name), groups.value ?? ""]));
    })
    .filter((source) => source.size > 0);
}

const LINE =
  /^[ \t]*(?<type>deb(?:-src)?)[ \t]+(?:\[(?<options>[^\]]*)\][ \t]+)?(?<uri>\S+)[ \t]+(?<rest>[^#\n]+)/gm;

function lines(text: string): Source[] {
  return [...text.matchAll(LINE)].map(({ groups = {} }) => {
    const { type = "", options = "", uri = "", rest = "" } = groups;
    const [suite = "", ...components] = rest.trim().split(/\s+/);
    return new Map([
      ["types", type],
      ["uris", uri],
      ["suites", suite],
      ["components", components.join(" ")],
      ...[...options.matchAll(/([^\s=]+)=(\S*)/g)].map(([, name, value = ""]) =>
        option(lowerCase(name), value),
      ),
    ]);
  });
}

/** Options of the one-line style have the fields' names but for these, and separate the values of a list by commas. */
function option(name: string, value: string): [string, string] {
  const field = { arch: "architectures", lang: "languages", target: "targets" }[name] ?? name;
  return [field, value.replaceAll(",", " ")];
}

function lowerCase(name = ""): string {
  return name.toLowerCase();
}
