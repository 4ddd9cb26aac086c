"""Statement templates 声明模板 (R43-R45, R65): a subset of Jinja2's language in which nothing can be run.

:mod:`~app.domain.templates.language` reads a text and refuses all but blanks, if, for and join;
:mod:`~app.domain.templates.engine` fills it in, in a sandbox that would refuse the rest once more;
:mod:`~app.domain.templates.values` checks what is filled in and writes it as people read it;
:mod:`~app.domain.templates.content` is a whole template of five parts, and :mod:`~app.domain.templates.fitting` says
which one fits an incident.
"""
