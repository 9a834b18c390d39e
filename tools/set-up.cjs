// Old syntax on purpose: a Node that is too old must reach the sentence below, not a syntax error.
var wanted = [20, 19];
var have = process.versions.node.split('.').map(Number);
if (have[0] < wanted[0] || (have[0] === wanted[0] && have[1] < wanted[1])) {
  console.error(
    'Conversations Web Chat needs Node ' +
      wanted.join('.') +
      ' or newer; this is Node ' +
      process.versions.node +
      '. Install a newer Node (https://nodejs.org) and run the command again.'
  );
  process.exit(1);
}
var path = require('path');
var result = require('child_process').spawnSync(
  process.execPath,
  [path.join(__dirname, 'set-up.mjs')].concat(process.argv.slice(2)),
  { stdio: 'inherit' }
);
process.exit(result.status === null ? 1 : result.status);
