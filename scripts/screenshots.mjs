// docs/images/*.png, from the build: npm run build first. Needs Chromium, and a font with Chinese characters.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { explorerScreenshot } from './screenshots/explorer.mjs';
import { miniprogramScreenshot } from './screenshots/miniprogram.mjs';
import { homeScreenshot, phoneScreenshot } from './screenshots/pages.mjs';

const screenshots = {
  home: homeScreenshot,
  phone: phoneScreenshot,
  explorer: explorerScreenshot,
  miniprogram: miniprogramScreenshot,
};
const MAX_BYTES = 256 * 1024;

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const images = path.join(root, 'docs', 'images');
const scratch = mkdtempSync(path.join(tmpdir(), 'menjin-screenshots-'));

/** A gateway of its own, with a new data folder and the simulator. Resolves when it listens. */
async function startGateway() {
  const { PATH, SystemRoot } = process.env;
  const child = spawn(process.execPath, [path.join(root, 'dist', 'cli', 'main.js'), 'start'], {
    cwd: scratch,
    env: { PATH, SystemRoot, HOST: '127.0.0.1', PORT: '0', DATA_DIR: scratch },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const origin = await new Promise((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
      const started = /"url":"(http:[^"]+)"/.exec(output);
      if (started !== null) resolve(started[1]);
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error('the gateway ended before it listened: npm run build, and try again')));
  });
  return { child, origin };
}

function findChromium() {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const files = folders.flatMap((folder) =>
    ['chromium', 'chromium-browser', 'google-chrome'].map((name) => path.join(folder, name)),
  );
  const found = files.find(isExecutable);
  if (found === undefined) throw new Error('no Chromium on PATH');
  return found;
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function shoot(origin) {
  const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox', '--disable-gpu'] });
  try {
    for (const [name, take] of Object.entries(screenshots)) {
      const context = await browser.newContext({ locale: 'en-US', reducedMotion: 'reduce', colorScheme: 'light' });
      const file = path.join(images, `${name}.png`);
      await take(await context.newPage(), origin, file);
      await context.close();
      const { size } = statSync(file);
      console.log(`${path.relative(root, file)}: ${Math.ceil(size / 1024)} KB`);
      if (size > MAX_BYTES) throw new Error(`${name}.png is larger than ${MAX_BYTES / 1024} KB`);
    }
  } finally {
    await browser.close();
  }
}

mkdirSync(images, { recursive: true });
try {
  const { child, origin } = await startGateway();
  const ended = once(child, 'exit');
  try {
    await shoot(origin);
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
} finally {
  rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
}
