// `node flood.mjs URL SECONDS CONNECTIONS`: invalid calls as fast as they are answered, in turn of each kind.
import autocannon from 'autocannon';
import { makeVisitors, tokenCall } from './visitors.mjs';

const [url = '', seconds = '', connections = ''] = process.argv.slice(2);
const [one, other] = makeVisitors(2);
if (!one || !other) throw new Error('unreachable');

let letIn = 0;
const run = autocannon({
  url,
  connections: Number(connections),
  duration: Number(seconds),
  requests: [
    tokenCall({ identity: one.identity, proof: other.proof }),
    tokenCall({ identity: one.identity, proof: 's1.x' }),
    tokenCall({ identity: one.identity }),
    tokenCall({ identity: 'agent-anna', proof: one.proof }),
    tokenCall(one, { origin: 'https://evil.example' }),
    tokenCall(one, { 'content-type': 'application/octet-stream' }),
  ],
});
let answers = 0;
run.on('response', (_client, status) => {
  answers += 1;
  if (status < 400 || status >= 500) letIn += 1;
});
const { duration, errors } = await run;
console.log(JSON.stringify({ invalidPerSecond: answers / duration, letIn: letIn + errors }));
