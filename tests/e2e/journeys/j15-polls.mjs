// A question to all: made in a minute, answered with one press, seen by everybody, and closed.

import assert from 'node:assert/strict';
import { serious } from './j8-access.mjs';

const QUESTION = 'Which shift do we swap?';

export default async function polls(world, promise) {
  const { ada, grace, linus } = world.people;
  const { people } = (await ada.ask('/bootstrap')).body;
  const id = (person) => people.find((one) => one.name === person.name).id;
  await ada.command({ t: 'channel.create', kind: 'group', name: 'Rota', people: [id(grace), id(linus)] });
  await Promise.all([ada, grace, linus].map((person) => person.openChannel('Rota')));
  const answer = (person, name) => person.row(QUESTION).getByRole('radio', { name });

  await promise('a poll is made with as many answers as one writes', async () => {
    await grace.fromMenu('Attach files or ask', 'Make a poll');
    const form = grace.dialog('New poll');
    await form.getByText('Everybody in the conversation sees who voted for what.').waitFor();
    await grace.field('Question', form).fill(QUESTION);
    assert.ok(await grace.button('Send', form).isDisabled(), 'it has no answers yet');
    await grace.field('Answer 1', form).fill('Monday early');
    await grace.field('Answer 2', form).fill('Monday early');
    await form.getByText('Each answer can be there once.').waitFor();
    await grace.field('Answer 2', form).fill('Tuesday late');
    await grace.field('Answer 3', form).fill('Neither');
    await grace.field('Answer 4', form).waitFor();
    await world.shot(grace, 'b0-new-poll');
    await serious(grace.page);
    await grace.button('Send', form).click();
    await Promise.all([ada, grace, linus].map((person) => answer(person, 'Neither, 0 votes').waitFor()));
    await linus.row(QUESTION).getByText('Choose one. All see your vote.').waitFor();
  });

  await promise('a press votes, another changes it, and everybody sees whose', async () => {
    await answer(linus, 'Neither, 0 votes').click();
    await answer(grace, 'Neither, 1 vote').waitFor();
    await answer(linus, /^Monday early/).click();
    await answer(ada, /^Monday early/).click();
    await answer(grace, 'Monday early, 2 votes').waitFor();
    await answer(grace, 'Neither, 0 votes').waitFor();
    assert.equal(await answer(linus, 'Monday early, 2 votes').getAttribute('aria-checked'), 'true');
    await answer(grace, 'Tuesday late, 0 votes').click();
    await answer(grace, 'Tuesday late, 1 vote').waitFor();
    await world.shot(grace, 'b1-poll');
    await serious(grace.page);
    await grace.button('See who voted', grace.row(QUESTION)).click();
    const votes = grace.dialog('Votes');
    await votes.getByRole('region', { name: 'Monday early' }).getByText('Linus Baker').waitFor();
    await votes.getByRole('region', { name: 'Tuesday late' }).getByText('your choice').waitFor();
    await world.shot(grace, 'b2-votes');
    await grace.page.keyboard.press('Escape');
  });

  await promise('whoever asked closes it, and the result stays', async () => {
    await grace.act(grace.row(QUESTION), 'Close the poll');
    await grace.button('Close the poll', grace.dialog('Close this poll?')).click();
    await linus.row(QUESTION).getByText('This poll is closed').waitFor();
    assert.ok(await answer(linus, 'Neither, 0 votes').isDisabled());
    await linus.page.reload();
    await answer(linus, 'Monday early, 2 votes').waitFor();
    await world.shot(linus, 'b3-closed');
    await linus.go('#/');
    await linus.page.getByRole('list', { name: 'Channels' }).getByText(`Grace: Poll: ${QUESTION}`).waitFor();
  });
}
