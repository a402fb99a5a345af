// A peer in a process of its own: `node run.mjs <name>`. It is told the tokens there are, and tells where it listens. It ends
// when whoever started it lets go of it.
const [name] = process.argv.slice(2);
const { start } = await import(new URL(`./${name}.mjs`, import.meta.url).href);
const answer = (message) => process.connected && process.send(message);

process.on('disconnect', () => process.exit());
process.on('message', async ({ id, call, given }) => {
  try {
    answer({ id, value: await calls[call](given) });
  } catch (error) {
    answer({ id, failure: String(error?.stack ?? error) });
  }
});

let peer;
const calls = {
  start: async (given) => {
    peer = await start(given);
    return { url: peer.url ?? null, request: peer.request ?? null, values: peer.values ?? null };
  },
  // Some do their work themselves, instead of answering requests.
  work: (seconds) => peer.work(seconds),
  count: () => peer.count(),
  close: () => peer.close(),
};
answer({ ready: true });
