/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

const shown = (value) =>
  Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));

/**
 * A table of figures, one row a server, with the ratio to the last server in the figure that counts.
 *
 * @param {string} title @param {Record<string, Record<string, number>>} figures @param {string} compare
 */
export function table(title, figures, compare) {
  const servers = Object.keys(figures);
  const columns = Object.keys(figures[servers[0] ?? ''] ?? {});
  const base = figures[servers.at(-1) ?? '']?.[compare] ?? Number.NaN;
  const rows = [
    ['', ...columns, `ratio of ${compare}`],
    ...servers.map((server) => {
      const row = figures[server] ?? {};
      return [
        server,
        ...columns.map((column) => shown(row[column] ?? Number.NaN)),
        ((row[compare] ?? Number.NaN) / base).toFixed(2),
      ];
    }),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
  return `\n${title}\n${lines.join('\n')}`;
}
