// For browsers too old for the app (before Chrome 94): ES5, says where the simple pages are.
(function () {
  "use strict";
  var able = window.Promise && window.indexedDB && window.WebAssembly && Object.hasOwn && Array.prototype.at;
  if (able) return;
  var text = document.getElementById("splash-text");
  if (!text) return;
  text.textContent = "Điện thoại này quá cũ để chạy ứng dụng. ";
  var link = document.createElement("a");
  link.href = "/plain/";
  link.textContent = "Mở bản đơn giản";
  text.appendChild(link);
  var bar = document.getElementById("splash-progress");
  if (bar) bar.parentNode.removeChild(bar);
})();
