/**
 * Terraform's templatefile(), as far as "Strings and Templates" of its language documentation goes without directives:
 * `${name}` is replaced, `$${` and `%%{` stand for themselves, and `%{` begins a directive, which these files must not
 * have. Only a bare name is taken for an expression.
 */
export function templatefile(template: string, variables: Readonly<Record<string, string>>): string {
  return template.replace(
    /\$\$\{|%%\{|%\{|\$\{([^}]*)\}/g,
    (found: string, expression: string | undefined) => {
      if (found === "$${" || found === "%%{") return found.slice(1);
      if (expression === undefined) throw new Error("A directive: %{");
      const value = /^[A-Za-z_][A-Za-z0-9_-]*$/.test(expression) ? variables[expression] : undefined;
      if (value === undefined) throw new Error(`Not a variable that was given: ${expression}`);
      return value;
    },
  );
}
