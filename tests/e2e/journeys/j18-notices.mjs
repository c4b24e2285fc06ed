// Being told: what the settings say of it in each of the ways it can be, and hours in which nobody is.

import assert from 'node:assert/strict';
import { eventually, Person } from '../browser.mjs';
import { CHANNEL, SECRET } from './j1-begin.mjs';
import { serious } from './j8-access.mjs';

const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';

export default async function notices(world, promise) {
  const { linus } = world.people;
  const come = async (name, origin, own) => {
    const person = await Person.arrive(world.browser, world.shape, origin, name, own);
    await person.page.goto('/');
    await person.field('User name').fill('linus.baker');
    await person.field('PIN or password').fill(SECRET.linus);
    await person.button('Sign in').click();
    await person.page.getByRole('list', { name: 'Channels' }).waitFor();
    await person.go('#/settings');
    return person;
  };
  const section = (person) => person.page.getByRole('region', { name: 'Notifications' });
  const toggle = (person) => section(person).getByRole('switch', { name: 'Notify me on this device' });
  const shot = async (person, name) => {
    await section(person).scrollIntoViewIfNeeded();
    await world.shot(person, name);
  };
  let allowed;

  await promise('nothing is asked of the browser before a tap, and a browser that blocks is told of in plain words', async () => {
    const person = await come('Linus who blocks', world.site.origin);
    await section(person).getByText(/^(This device is told nothing\.|The browser blocks notifications for this site\.)/).waitFor();
    await shot(person, '95-notices-untouched');
    if (await toggle(person).isEnabled()) await toggle(person).click();
    await section(person).getByText('The browser blocks notifications for this site. Allow them in its settings, then come back.').waitFor();
    assert.ok(await toggle(person).isDisabled());
    await shot(person, '96-notices-blocked');
    await person.leave();
  });

  await promise('where no push service can be reached it says so within ten seconds, and tells while it is open', async () => {
    allowed = await come('Linus', world.site.origin, { permissions: ['notifications'] });
    await allowed.page.evaluate(() => navigator.serviceWorker?.ready.then(() => true));
    if (await toggle(allowed).isChecked()) await toggle(allowed).click();
    await section(allowed).getByText('This device is told nothing.').waitFor();
    await toggle(allowed).click();
    await section(allowed).getByText('No push service can be reached: Daylight notifies you while it is open.').waitFor({ timeout: 15_000 });
    assert.ok(await toggle(allowed).isChecked());
    await section(allowed).getByRole('button', { name: 'Send a test' }).click();
    await section(allowed).getByText(/^Shown\. If you saw nothing/).waitFor();
    await shot(allowed, '97-notices-unreachable');
    await serious(allowed.page);
  });

  await promise('what is asked of the server is what a service worker is woken for: nothing, and no words', async () => {
    const answer = await allowed.context.request.post('/api/v1/push/news', { headers: { origin: world.site.origin } });
    const { items, test } = await answer.json();
    assert.deepEqual({ items, test }, { items: [], test: false });
  });

  await promise('quiet hours are set by the clock of the place, kept, and known to every device', async () => {
    const quiet = section(allowed).getByRole('switch', { name: 'Quiet hours' });
    await quiet.click();
    await section(allowed).getByText(/by the clock of Europe\/Berlin/).waitFor();
    await allowed.field('From').fill('20:30');
    await allowed.field('From').blur();
    await eventually('the server knows', async () => (await linus.ask('/bootstrap')).body.quiet?.from === 20 * 60 + 30);
    await allowed.page.reload();
    await eventually('it is shown again', async () => (await allowed.field('From').inputValue()) === '20:30');
    assert.equal(await allowed.field('Until').inputValue(), '07:00');
    await shot(allowed, '98-quiet-hours');
    await serious(allowed.page);
    await section(allowed).getByRole('switch', { name: 'Quiet hours' }).click();
    await eventually('they are gone', async () => (await linus.ask('/bootstrap')).body.quiet === null);
  });

  await promise('woken, it says who wrote and where and not a word of it, and that something is new when the server is away', async () => {
    const { ada } = world.people;
    const { page, context } = allowed;
    // What he reads on another device he is not woken for.
    await linus.go('#/people');
    // Closed, but for a page of the same site that is not the app.
    await page.goto('/api/openapi.json');
    const started = await context.request.post('/api/v1/push/start', { headers: { origin: world.site.origin }, data: { endpoint: 'http://127.0.0.1:9/phone' } });
    assert.ok(started.ok(), await started.text());
    await ada.openChannel(CHANNEL);
    await ada.say('The secret of the cellar');
    await ada.sent('The secret of the cellar');
    const shown = () => page.evaluate(async () => (await (await navigator.serviceWorker.getRegistration()).getNotifications()).map(({ title, body, tag }) => ({ title, body, tag })));
    const wire = await context.newCDPSession(page);
    const found = new Promise((resolve) => wire.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => registrations[0] && resolve(registrations[0].registrationId)));
    await wire.send('ServiceWorker.enable');
    const wake = async () => wire.send('ServiceWorker.deliverPushMessage', { origin: world.site.origin, registrationId: await found, data: '' });
    const told = { title: CHANNEL, body: 'Ada Lovelace wrote', tag: world.channel };
    await eventually('a notice of the channel', async () => {
      await wake();
      return (await shown()).some((one) => one.tag === world.channel);
    });
    assert.deepEqual((await shown()).find((one) => one.tag === world.channel), told);
    await allowed.goOffline();
    await eventually('a notice without words', async () => {
      await wake();
      return (await shown()).some((one) => one.body === 'New messages in Daylight');
    });
    await allowed.comeBack();
    assert.ok(!JSON.stringify(await shown()).includes('cellar'));
    // Reading it anywhere in the app takes it back.
    await page.goto(`/#/c/${world.channel}`);
    await allowed.row('The secret of the cellar').waitFor();
    await eventually('the notice is taken back', async () => !(await shown()).some((one) => one.tag === world.channel));
    await allowed.go('#/settings');
  });

  await promise('a device that is turned off tells nothing, and the server knows it', async () => {
    if (!(await toggle(allowed).isChecked())) await toggle(allowed).click();
    await toggle(allowed).click();
    await section(allowed).getByText('This device is told nothing.').waitFor();
    assert.equal((await allowed.ask('/push')).body.on, false);
    await allowed.leave();
  });

  await promise('over plain http it says why there can be no notifications and what to do', async () => {
    const plain = world.site.origin.replace('127.0.0.1', 'chat.test');
    const person = await come('Linus at work', plain);
    await section(person).getByText(/^Notifications need a connection that the browser trusts\. Open Daylight by its https address/).waitFor();
    assert.ok(await toggle(person).isDisabled());
    await shot(person, '99-notices-plain-http');
    await person.leave();
  });

  await promise('an iPhone that shows it in the browser is walked to the home screen', async () => {
    const person = await come('Linus on an iPhone', world.site.origin, { userAgent: IPHONE });
    for (const step of ['Tap the Share button of the browser.', 'Choose “Add to Home Screen”.', 'Open Daylight from there and come back to this page.']) await section(person).getByText(step).waitFor();
    assert.ok(await toggle(person).isDisabled());
    await shot(person, '99-notices-iphone');
    await serious(person.page);
    await person.leave();
  });

  await promise('a muted channel says what it still tells of', async () => {
    await linus.openChannel(CHANNEL);
    await linus.go(`#/c/${world.channel}/info`);
    await linus.field('You are told of').selectOption('Only what is meant for you');
    await linus.text('Mentions, and what asks you to confirm; no number in the list').waitFor();
    await linus.field('You are told of').selectOption('Everything');
  });
}
