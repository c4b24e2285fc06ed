// The words of communities and of asking to join, in German.

export default {
  community: 'Community',
  channels: 'Kanäle dieser Community',
  none: 'Noch keine',
  in_none: 'In keiner Community',
  in_community: 'In der Community {name}',
  put: 'In eine Community aufnehmen',
  put_title: 'In „{name}“ aufnehmen?',
  put_text: 'Alle im Kanal bekommen die Ankündigungen der Community, und alle in der Community sehen, dass es den Kanal gibt, und können um Beitritt bitten.',
  take: 'Herausnehmen',
  take_title: 'Aus „{name}“ herausnehmen?',
  take_text: 'Dadurch verlässt niemand einen Kanal.',
  ask: 'Beitritt anfragen',
  asked: 'Angefragt',
  withdraw: 'Zurückziehen',
  at_door: 'Wer beitreten möchte',
  let_in: 'Einlassen',
  let_in_name: 'Einlassen: {name}',
  refuse: 'Ablehnen',
  refuse_name: 'Ablehnen: {name}',
  invite_ask: 'Wer verantwortlich ist, lässt jede Person einzeln ein (für ein Plakat, das jeder fotografieren kann)',
};
