#!/usr/bin/env node
// npm links what is there when it installs: in a clone that is before anything is built.
import { existsSync } from 'node:fs';

const built = new URL('../dist/main.js', import.meta.url);
if (existsSync(built)) await import(built.href);
else {
  console.error(
    'This command is not built yet: run "npm run build -w packages/backend" in the root of the clone.',
  );
  process.exitCode = 1;
}
