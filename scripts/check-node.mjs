// Old syntax only, and no imports: an old Node must get as far as the sentence.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `menjin needs Node.js 20.19 or newer; this is ${process.versions.node}. Get one from https://nodejs.org.`,
  );
  process.exit(1);
}
