// Printing is the browser's; without scripts, its own menu has it.
for (const button of document.querySelectorAll("[data-cetak]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
// The slider's comfort: it moves the date beside it, and asks for the page when it is let go.
for (const slider of document.querySelectorAll("[data-geser]")) {
  const date = document.getElementById(slider.dataset.geser);
  const first = Date.parse(slider.dataset.mulai);
  slider.hidden = false;
  slider.addEventListener("input", () => {
    date.value = new Date(first + slider.value * 864e5).toISOString().slice(0, 10);
  });
  slider.addEventListener("change", () => date.form.requestSubmit());
}
