// What must be known at once, how much each is told otherwise, and what a link leads to before anybody follows it.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { eventually } from '../browser.mjs';
import { serious } from './j8-access.mjs';

const ALARM = 'Leave hall 3 now';
const ON = '[previews]\non = true\nprivate_networks = true';
const PAGE = '<!doctype html><title>Plan</title><meta property="og:title" content="Evacuation plan &lt;2026&gt;"><meta property="og:description" content="Where everybody meets, and who counts."><meta property="og:site_name" content="Works safety">';

export default async function urgent(world, promise) {
  const { ada, grace, linus } = world.people;
  const { people } = (await ada.ask('/bootstrap')).body;
  const id = (person) => people.find((one) => one.name === person.name).id;
  const { c } = await ada.command({ t: 'channel.create', kind: 'group', name: 'Yard', people: [id(grace), id(linus)] });
  await Promise.all([ada, grace, linus].map((person) => person.openChannel('Yard')));

  await promise('an owner marks a message as urgent, is told what that does, and everybody sees it in words', async () => {
    await grace.button('Attach files or ask').click();
    await grace.page.getByRole('menuitem', { name: 'Ask everybody to confirm' }).waitFor();
    assert.equal(await grace.page.getByRole('menuitem', { name: 'Mark as urgent' }).count(), 0, 'she owns nothing here');
    await grace.page.keyboard.press('Escape');
    await ada.fromMenu('Attach files or ask', 'Mark as urgent');
    await ada.text('Everybody here is told at once, also in quiet hours and where they muted this channel').waitFor();
    await world.shot(ada, 'd0-mark-urgent');
    await serious(ada.page);
    await ada.button('Do not mark as urgent').click();
    await ada.say('No hurry');
    await ada.sent('No hurry');
    await ada.fromMenu('Attach files or ask', 'Mark as urgent');
    await ada.say(ALARM);
    await Promise.all([ada, grace, linus].map((person) => person.row(ALARM).getByText('Urgent', { exact: true }).waitFor()));
    assert.equal(await ada.row('No hurry').getByText('Urgent', { exact: true }).count(), 0);
    assert.equal(await ada.text('Everybody here is told at once', ada.page).count(), 0, 'the next one is a usual one');
    await linus.page.getByRole('article', { name: /^Urgent, Ada/ }).waitFor();
    await world.shot(linus, 'd1-urgent');
    await serious(linus.page);
  });

  await promise('what is urgent every hour is refused in plain words, and can be sent as a usual message', async () => {
    for (const n of [2, 3, 4, 5]) await ada.command({ t: 'send', c, b: `Drill ${n}`, urgent: true });
    await ada.row('Drill 5').waitFor();
    await ada.fromMenu('Attach files or ask', 'Mark as urgent');
    await ada.say('Drill 6');
    await ada.row('Drill 6').getByText(/This channel has had its 5 urgent messages of today/).waitFor();
    await world.shot(ada, 'd2-urgent-often');
    await ada.button('Discard', ada.row('Drill 6')).click();
  });

  await promise('each chooses how much of a channel is told, and every device knows', async () => {
    await linus.go(`#/c/${c}/info`);
    const told = linus.field('You are told of');
    await linus.text('Every message, but in your quiet hours').waitFor();
    await told.selectOption('Only what is meant for you');
    await linus.text('Mentions, and what asks you to confirm; no number in the list').waitFor();
    await told.selectOption('Nothing');
    await linus.text('Only what asks you to confirm, and what is urgent, still reaches you').waitFor();
    const mine = async () => (await linus.ask(`/channels/${c}`)).body;
    await eventually('the server knows', async () => (await mine()).muted_all);
    await world.shot(linus, 'd3-told-of');
    await serious(linus.page);
    await linus.page.reload();
    await eventually('it is shown again', async () => (await told.inputValue()) === 'none');
    await told.selectOption('Everything');
    await eventually('all is told', async () => !(await mine()).muted);
    await linus.openChannel('Yard');
  });

  const asked = [];
  const site = createServer((request, response) => {
    asked.push(request.headers);
    response.writeHead(request.url === '/plan' ? 200 : 404, { 'content-type': 'text/html; charset=utf-8' }).end(PAGE);
  });
  await new Promise((ready) => site.listen(0, '127.0.0.1', ready));
  const plan = `http://127.0.0.1:${site.address().port}/plan`;
  const ahead = ada.page.getByRole('status').filter({ hasText: 'Goes with your message' });

  await promise('without the house’s word no link is looked at', async () => {
    await ada.openChannel('Yard');
    await ada.say(`Bare ${plan}`);
    await ada.sent(`Bare ${plan}`);
    assert.equal(asked.length, 0);
  });

  await world.site.again(ON);
  await Promise.all([ada, grace, linus].map((person) => person.page.reload()));

  await promise('what a link leads to is shown to whoever writes it, who may leave it out', async () => {
    await ada.composer.fill(`Everybody reads ${plan}`);
    await ahead.getByText('Evacuation plan <2026>').waitFor();
    await ahead.getByText('Works safety').waitFor();
    const isAtEnd = (box) => box.scrollHeight - box.scrollTop - box.clientHeight <= 1;
    assert.ok(await ada.page.getByRole('log', { name: 'Messages' }).evaluate(isAtEnd), 'what grows beneath pushes nothing out of sight');
    await world.shot(ada, 'd4-link-ahead');
    await serious(ada.page);
    await ada.button('Send without the preview', ahead).click();
    await ahead.waitFor({ state: 'detached' });
    await ada.say(`Plainly ${plan}`);
    await ada.sent(`Plainly ${plan}`);
    assert.equal(await ada.link(/Evacuation plan/).count(), 0);
  });

  await promise('sent along, it is what all see, and nobody’s device asks the page', async () => {
    await ada.page.reload();
    const words = `Read it today: ${plan}.`;
    await ada.composer.fill(words);
    await ahead.getByText('Evacuation plan <2026>').waitFor();
    const before = asked.length;
    await ada.say(words);
    await ada.sent(words);
    for (const person of [ada, grace, linus]) {
      const card = person.link(/Evacuation plan <2026>/, person.row('Read it today'));
      await card.getByText('Where everybody meets, and who counts.').waitFor();
      assert.equal(await card.getAttribute('href'), plan);
      assert.equal(await card.getAttribute('rel'), 'noopener noreferrer');
    }
    await grace.page.reload();
    await grace.link(/Evacuation plan <2026>/, grace.row('Read it today')).waitFor();
    await world.shot(grace, 'd5-link');
    await serious(grace.page);
    assert.equal(asked.length, before, 'read once, by our own server');
    assert.ok(asked.every((headers) => headers['user-agent'] === 'daylight' && !headers.cookie && !headers.referer));
  });

  await promise('a page that cannot be read is nobody’s trouble, and a preview goes with its link', async () => {
    const gone = plan.replace('/plan', '/gone');
    const before = asked.length;
    await ada.composer.fill(`Old ${gone}`);
    await eventually('it was looked at', () => asked.length > before);
    await ada.say(`Old ${gone}`);
    await ada.sent(`Old ${gone}`);
    assert.equal(await ada.link(/Evacuation/, ada.row('Old')).count(), 0);
    await ada.act(ada.row('Read it today'), 'Edit');
    await ada.composer.fill('It hangs at the door');
    await ada.button('Save').click();
    await linus.row('It hangs at the door').waitFor();
    await eventually('the card goes', async () => (await linus.link(/Evacuation plan/).count()) === 0);
  });

  site.close();
  await world.site.again();
}
