// What is one's own: messages kept at hand, and messages that are sent later.

import assert from 'node:assert/strict';
import { serious } from './j8-access.mjs';

const KEPT = 'The spare keys are in the red box';
const LATER = 'Please hand in your hours';

export default async function own(world, promise) {
  const { ada, grace, linus } = world.people;
  const { people } = (await ada.ask('/bootstrap')).body;
  const id = (person) => people.find((one) => one.name === person.name).id;
  await ada.command({ t: 'channel.create', kind: 'group', name: 'Hours', people: [id(grace), id(linus)] });
  await Promise.all([ada, grace, linus].map((person) => person.openChannel('Hours')));
  const channel = async () => (await grace.ask('/bootstrap')).body.channels.find((one) => one.name === 'Hours');
  const place = (person, name) => person.page.getByRole('navigation', { name: 'Saved and scheduled' }).getByRole('link', { name });
  const list = (person, name) => person.page.getByRole('list', { name, exact: true }).getByRole('listitem');

  await promise('a message is saved, found again and led to', async () => {
    await ada.say(KEPT);
    await grace.row(KEPT).waitFor();
    await grace.act(grace.row(KEPT), 'Save for later');
    await grace.text('Saved for later').waitFor();
    await grace.go('#/');
    await place(grace, /^Saved/).click();
    await list(grace, 'Saved').filter({ hasText: KEPT }).waitFor();
    await world.shot(grace, 'o0-saved');
    await serious(grace.page);
    await list(grace, 'Saved').getByRole('link', { name: new RegExp(KEPT) }).click();
    await grace.row(KEPT).waitFor();
    await linus.go('#/');
    await linus.page.getByRole('list', { name: 'Channels' }).getByRole('link', { name: 'Hours' }).waitFor();
    assert.equal(await place(linus, /^Saved/).count(), 0, 'what somebody saved is nobody else’s');
    await linus.openChannel('Hours');
  });

  await promise('it is taken off by the keyboard alone, and the list says that it is empty', async () => {
    const row = grace.row(KEPT);
    await row.focus();
    await grace.page.keyboard.press('Enter');
    const entry = grace.page.getByRole('menuitem', { name: 'Take off the saved list' });
    await entry.waitFor();
    for (let n = 0; n < 20 && !(await entry.evaluate((node) => node === document.activeElement)); n++) await grace.page.keyboard.press('ArrowDown');
    await grace.page.keyboard.press('Enter');
    await grace.go('#/saved');
    await grace.text('Nothing saved').waitFor();
    await grace.openChannel('Hours');
  });

  await promise('a message is written now for later, and nobody else sees it', async () => {
    await grace.composer.fill(LATER);
    await grace.fromMenu('Attach files or ask', 'Send later');
    const form = grace.dialog('Send later');
    await form.getByText('From now on it is kept like a message of this conversation').waitFor();
    assert.equal(await grace.field('Message', form).inputValue(), LATER);
    await grace.field('When', form).selectOption({ label: 'Another date and time' });
    await grace.field('Date and time', form).waitFor();
    await world.shot(grace, 'o1-send-later');
    await serious(grace.page);
    await grace.field('When', form).selectOption('tomorrow');
    await grace.button('Schedule', form).click();
    await form.waitFor({ state: 'detached' });
    assert.equal(await grace.composer.inputValue(), '', 'what waits is written no more');
    await ada.say('Said in between');
    await linus.row('Said in between').waitFor();
    assert.equal(await linus.rows(LATER).count(), 0);
  });

  await promise('what waits is changed, and sent when one wants', async () => {
    await grace.go('#/');
    await place(grace, /^Scheduled/).click();
    const row = list(grace, 'Scheduled').filter({ hasText: LATER });
    await row.waitFor();
    await world.shot(grace, 'o2-scheduled');
    await serious(grace.page);
    await grace.button('Change', row).click();
    const form = grace.dialog('Send later');
    await grace.field('Message', form).fill(`${LATER} by noon`);
    await grace.button('Schedule', form).click();
    const changed = list(grace, 'Scheduled').filter({ hasText: `${LATER} by noon` });
    await changed.waitFor();
    await grace.button('Send now', changed).click();
    await linus.row(`${LATER} by noon`).waitFor();
    await grace.text('Nothing waits').waitFor();
  });

  await promise('it is sent at its time without anybody doing anything', async () => {
    const { id: c } = await channel();
    await grace.command({ t: 'schedule', c, b: 'At its time', at: Date.now() + 2000 });
    await linus.row('At its time').waitFor();
  });

  await promise('what cannot be sent is told, with its words and the reason', async () => {
    const { id: c } = await channel();
    await grace.command({ t: 'schedule', c, b: 'Too late for that', at: Date.now() + 2000 });
    await ada.command({ t: 'channel.archive', c, on: true });
    await grace.text('A scheduled message could not be sent').waitFor();
    await grace.go('#/scheduled');
    const row = list(grace, 'Scheduled').filter({ hasText: 'Too late for that' });
    await row.getByText('Not sent: the conversation was archived.').waitFor();
    await world.shot(grace, 'o3-not-sent');
    await serious(grace.page);
    await ada.command({ t: 'channel.archive', c, on: false });
    await grace.button('Cancel sending', row).click();
    await grace.button('Cancel sending', grace.dialog('Cancel this message?')).click();
    await grace.text('Nothing waits').waitFor();
    await grace.openChannel('Hours');
  });
}
