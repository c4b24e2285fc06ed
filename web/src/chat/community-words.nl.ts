// The words of communities and of asking to join, in Dutch.

export default {
  community: 'Community',
  channels: 'Kanalen van deze community',
  none: 'Nog geen',
  in_none: 'In geen community',
  in_community: 'In de community {name}',
  put: 'In een community zetten',
  put_title: 'In “{name}” zetten?',
  put_text: 'Iedereen in het kanaal krijgt de aankondigingen van de community, en iedereen in de community ziet dat het kanaal er is en kan vragen om mee te doen.',
  take: 'Eruit halen',
  take_title: 'Uit “{name}” halen?',
  take_text: 'Niemand verlaat daardoor een kanaal.',
  ask: 'Vragen om mee te doen',
  asked: 'Gevraagd',
  withdraw: 'Intrekken',
  at_door: 'Wie wil meedoen',
  let_in: 'Toelaten',
  let_in_name: 'Toelaten: {name}',
  refuse: 'Weigeren',
  refuse_name: 'Weigeren: {name}',
  invite_ask: 'Een eigenaar laat iedereen één voor één toe (voor een poster die iedereen kan fotograferen)',
};
