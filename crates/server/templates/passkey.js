// Asks the browser for a passkey and sends what it says with the form that asked. A form that this cannot do for stays hidden.
"use strict";

const reasons = {
  NotAllowedError: "No passkey was given. Try once more, or another way.",
  InvalidStateError: "There is a passkey of this account on that device already.",
  SecurityError: "Passkeys work at the server’s own address alone: open this page there.",
};

async function asked(form) {
  const options = JSON.parse(form.dataset.options);
  const credential =
    form.dataset.passkey === "create"
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  return JSON.stringify(credential);
}

async function answer(event) {
  event.preventDefault();
  const form = event.target;
  const [button, error] = [form.querySelector("button"), form.querySelector(".error")];
  button.disabled = true;
  error.hidden = true;
  try {
    form.elements.credential.value = await asked(form);
    form.submit();
  } catch (failure) {
    error.textContent = reasons[failure.name] ?? "This browser could not use a passkey. Try another way.";
    error.hidden = false;
    button.disabled = false;
    button.focus();
  }
}

if (window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.addEventListener("submit", answer);
    form.hidden = false;
  }
}
