// Where there is no wrk: `node autocannon.mjs <file that says what to ask>`.
import { readFileSync } from 'node:fs';
import autocannon from 'autocannon';

const { target, connections, seconds } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const { url, request, values } = target;
const { method, path, headers, body } = request;

const requestOf = (value) => ({
  ...{ method, path },
  headers: Object.fromEntries(
    [...Object.entries(headers), ...(body === undefined ? [] : [['content-type', 'application/json']])].map(
      ([name, text]) => [name, text.replace('{{value}}', value)],
    ),
  ),
  ...(body === undefined ? {} : { body: body.replace('{{value}}', value) }),
});

// Each of its connections goes through the list from the start; so each gets a part of its own.
const parts = Array.from({ length: connections }, (_, part) => values.filter((_, n) => n % connections === part));
let set = 0;
const result = await autocannon({
  ...{ url, connections, duration: seconds },
  setupClient: (client) => {
    const part = parts[set++ % connections];
    client.setRequests((part.length > 0 ? part : values).map(requestOf));
  },
});
const { requests, latency, errors, non2xx, duration } = result;
console.log(
  JSON.stringify({
    ...{ requests: requests.total, perSecond: requests.total / duration, failures: errors + non2xx },
    ...{ p50: latency.p50, p99: latency.p99, max: latency.max },
  }),
);
