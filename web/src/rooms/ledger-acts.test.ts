import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { actName, ACTS, factName, groupOf } from './ledger-words.ts';

const source = (name: string): string => readFileSync(new URL(`../../../server/src/chat/${name}`, import.meta.url), 'utf8');
const block = (text: string, head: string): string => {
  const from = text.indexOf(`${head} {`);
  return text.slice(from, text.indexOf('\n}\n', from));
};

describe('the words of the ledger', () => {
  const acts = block(source('event.rs'), 'pub enum Act');

  it('every act that can happen has a name and a group, and no name is of an act that cannot', () => {
    const names = [...acts.matchAll(/#\[serde\(rename = "([^"]+)"\)\]/g)].map((match) => match[1] ?? '');
    expect(names.length).toBeGreaterThan(45);
    expect(Object.keys(ACTS).sort()).toEqual([...names].sort());
    for (const name of names) {
      expect(actName(name), name).not.toBe(name);
      expect(groupOf(name), name).not.toBe('');
    }
  });

  it('every fact that the ledger tells has a name', () => {
    const fields = `${acts}\n${block(source('subject.rs'), 'pub struct Narrowed')}\n${block(source('grant.rs'), 'pub struct Reach')}`.replace(/^\s*\/\/.*$/gm, '');
    const facts = new Set([...fields.matchAll(/[{,\n]\s*(?:pub )?([a-z_][a-z0-9_]*): [A-Z(u]/g)].map((match) => match[1] ?? ''));
    // The parts of a destruction and of a reach are flattened, and a session's token is told to nobody.
    for (const inner of ['narrowed', 'reach', 'token']) facts.delete(inner);
    expect(facts.size).toBeGreaterThan(40);
    const unnamed = [...facts].filter((fact) => factName(fact) === '');
    expect(unnamed).toEqual([]);
  });
});
