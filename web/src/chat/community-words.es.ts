// The words of communities and of asking to join, in Spanish.

export default {
  community: 'Comunidad',
  channels: 'Canales de esta comunidad',
  none: 'Aún ninguno',
  in_none: 'En ninguna comunidad',
  in_community: 'En la comunidad {name}',
  put: 'Poner en una comunidad',
  put_title: '¿Ponerlo en «{name}»?',
  put_text: 'Quienes están en el canal reciben los anuncios de la comunidad, y quienes están en la comunidad ven que el canal existe y pueden pedir entrar.',
  take: 'Sacar',
  take_title: '¿Sacarlo de «{name}»?',
  take_text: 'Nadie sale de un canal por ello.',
  ask: 'Pedir entrar',
  asked: 'Pedido',
  withdraw: 'Retirar',
  at_door: 'Quién pide entrar',
  let_in: 'Dejar entrar',
  let_in_name: 'Dejar entrar a {name}',
  refuse: 'Rechazar',
  refuse_name: 'Rechazar a {name}',
  invite_ask: 'Un propietario deja entrar a cada persona (para un cartel que cualquiera podría fotografiar)',
};
