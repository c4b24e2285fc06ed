// The words of how one is told of what is new.

import { translator, type Catalogue } from '../core/i18n.ts';

export const english = {
  on: 'This device is told, also while Daylight is closed. Muted channels tell only what is meant for you.',
  off: 'This device is told nothing.',
  denied: 'The browser blocks notifications for this site. Allow them in its settings, then come back.',
  missing: 'This browser has no notifications.',
  unsafe: 'Notifications need a connection that the browser trusts. Open Daylight by its https address, or ask whoever runs it.',
  install: 'An iPhone or iPad shows notifications only of what is on its home screen:',
  unreachable: 'No push service can be reached: Daylight notifies you while it is open.',
  server_off: 'This server wakes no devices: Daylight notifies you while it is open.',
  trying: 'One moment …',
  walk_share: 'Tap the Share button of the browser.',
  walk_add: 'Choose “Add to Home Screen”.',
  walk_open: 'Open Daylight from there and come back to this page.',
  test_sent: 'Sent. If nothing appears within a minute, look at the quiet mode of the device.',
  test_shown: 'Shown. If you saw nothing, look at the quiet mode of the device.',
  test_gone: 'The push service has forgotten this device. Turn notifications off and on again.',
  test_unreachable: 'The server could not reach the push service. Daylight notifies you while it is open.',
  test_refused: 'The push service refused it. Whoever runs the server finds the reason in its log.',
  quiet: 'Quiet hours',
  quiet_text: 'Times at which none of your devices tells you anything but what is urgent.',
  quiet_zone: 'Nothing but what is urgent is told on any of your devices, by the clock of {zone}. What is new waits for you.',
  quiet_from: 'From',
  quiet_to: 'Until',
} as const;

export const t = translator(english, import.meta.glob<Catalogue>('./words.*.ts', { import: 'default' }));
