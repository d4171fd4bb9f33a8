/** Compares versions by their numbers: "10.11.18-MariaDB" is at least "10.6". */
export function atLeast(version: string, least: string): boolean {
  const numbers = version.split(/[.-]/).map(Number);
  for (const [index, number] of least.split(".").map(Number).entries()) {
    const difference = (numbers[index] ?? 0) - number;
    if (difference !== 0) return difference > 0;
  }
  return true;
}
