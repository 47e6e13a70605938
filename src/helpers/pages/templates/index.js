(() => {
  const form = document.querySelector(".filter");
  const claims = [...document.querySelectorAll("details.claim")];
  const texts = claims.map((claim) => claim.textContent.toLowerCase());
  const shown = form.querySelector("output");

  function filter() {
    const words = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdict = form.elements.verdict.value;
    const paper = form.elements.document.value;
    let count = 0;
    claims.forEach((claim, at) => {
      const fits = (!verdict || claim.dataset.verdict === verdict)
        && (!paper || claim.dataset.documents.split(" ").includes(paper))
        && words.every((word) => texts[at].includes(word));
      claim.hidden = !fits;
      count += fits;
    });
    document.querySelectorAll(".family").forEach((family) => {
      family.hidden = !family.querySelector("details.claim:not([hidden])");
    });
    shown.value = `${count} of ${claims.length} claims`;
  }

  function openTarget() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target || !target.matches("details.claim")) return;
    if (target.hidden) { form.reset(); filter(); }
    target.open = true;
    target.scrollIntoView();
  }

  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("reset", () => setTimeout(filter));
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", openTarget);
  addEventListener("beforeprint", () => claims.forEach((claim) => { claim.open = true; }));
  filter();
  openTarget();
})();
