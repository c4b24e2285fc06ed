import { defineConfig } from 'vite';
import { emoji } from './tools/emoji.mjs';

const BASE = /\/node_modules\/(?:preact|@preact)\/|preload-helper|\/src\/core\/api\.ts$|\/src\/ui\/(?:button|states)\.tsx$/;
const LANGUAGE_FILE = /\/src\/(\w+)\/(?:(\w+)-)?words\.(\w\w)\.ts$/;

function words(id: string): string | null {
  const [, room, part, language] = LANGUAGE_FILE.exec(id) ?? [];
  if (!room || !language) return null;
  // The ledger names every act there is: whoever is elsewhere need not wait for them.
  return `words-${room === 'core' ? 'chat' : part === 'ledger' ? part : room}-${language}`;
}

// The build must give the same bytes from any folder: nothing here may depend on the clock, the host or a path.
export default defineConfig({
  base: '/',
  plugins: [emoji()],
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      input: { index: 'index.html', sw: 'src/sw.ts' },
      output: {
        // The service worker keeps its name: its address is its identity to the browser.
        entryFileNames: (chunk) => (chunk.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js'),
        chunkFileNames: 'assets/[name]-[hash].js',
        // One file of words for a chunk and language; the first screen waits for one only.
        codeSplitting: {
          groups: [
            { name: (id: string) => words(id), test: LANGUAGE_FILE },
            // What every chunk stands on comes in one file, whatever else some of them share.
            { name: 'base', test: BASE },
          ],
        },
        assetFileNames: 'assets/[name]-[hash][extname]',
      },
    },
  },
  server: {
    proxy: {
      '/api': { target: process.env.DAYLIGHT_BACKEND ?? 'http://127.0.0.1:8080' },
      '/ws': { target: process.env.DAYLIGHT_BACKEND ?? 'http://127.0.0.1:8080', ws: true },
    },
  },
  test: { environment: 'node', include: ['src/**/*.test.ts'] },
} as Parameters<typeof defineConfig>[0]);
