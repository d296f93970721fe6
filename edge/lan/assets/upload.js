// Sends chosen files one after the other, and says how each fared. Only on the box's own settings.
(function () {
  'use strict';
  for (const form of document.querySelectorAll('form[data-upload]')) {
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      const list = form.querySelector('ul');
      const token = form.querySelector('input[name=form]').value;
      const button = form.querySelector('button');
      list.textContent = '';
      button.disabled = true;
      let failed = false;
      for (const file of form.querySelector('input[type=file]').files) {
        const line = list.appendChild(document.createElement('li'));
        line.textContent = file.name + ' …';
        try {
          const address = form.dataset.upload + encodeURIComponent(file.name.toLowerCase());
          const answer = await fetch(address, { method: 'PUT', body: file, headers: { 'x-form': token } });
          const why = answer.ok ? '' : (await answer.json()).detail;
          line.textContent = (answer.ok ? '✔ ' : '✖ ') + file.name + (why ? ': ' + why : '');
          failed = failed || !answer.ok;
        } catch (error) {
          line.textContent = '✖ ' + file.name;
          failed = true;
        }
      }
      button.disabled = false;
      if (!failed) location.assign(location.pathname);
    });
  }
})();
