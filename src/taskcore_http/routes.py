"""The calls. Each makes one use-case call and says how its answer travels."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import quote

from litestar import Request
from litestar.params import PathParameter

from taskcore import AsyncTasks
from taskcore.errors import InvalidTask
from taskcore_http import description
from taskcore_http.answers import (
    Amount,
    Explanation,
    Message,
    Tally,
    task_response,
    tasks_response,
)
from taskcore_http.bodies import CHANGES, COMPLETION, MERGE_PATCH, read_new, read_object
from taskcore_http.conditions import condition_of, known, refuse_condition, tag_of, tagged
from taskcore_http.edge import exchange_of, mount_of
from taskcore_http.handling import Handler
from taskcore_http.idempotency import REPLAYED, add_one, key_of
from taskcore_http.ids import id_from_text
from taskcore_http.many import add_many, all_replayed, outcomes
from taskcore_http.problems import ARRAY_LIMIT
from taskcore_http.queries import COUNTING, FINDING, NOTHING, REMOVING, next_query, read_query
from taskcore_http.responses import JsonResponse, Response

if TYPE_CHECKING:
    from uuid import UUID

HttpRequest = Request[Any, Any, Any]
UserId = Annotated[str, PathParameter(description="Whose task", schema_extra=description.USER_ID)]
TaskId = Annotated[str, PathParameter(description="Which task", schema_extra=description.TASK_ID)]


@Handler(
    "/api/{user_id:str}/tasks",
    http_method="POST",
    request_max_body_size=ARRAY_LIMIT,
    **description.CREATE_TASK,
)
async def create_task(user_id: UserId, request: HttpRequest) -> Response:
    """Add a task for the user, which is open; or, from an array, up to 1,000.

    The answer to an array is 207, with an entry for each of its own in the same place: what the
    task alone would have been answered with. One that breaks a rule does not stop the others. With
    an `Idempotency-Key`, or an `id`, it is safe to send again.
    """
    tasks, exchange = _tasks(request, user_id), exchange_of(request.scope)
    refuse_condition(exchange)
    key = key_of(exchange)
    body = await read_new(request)
    if isinstance(body, list):
        results = await add_many(tasks, body, key, exchange)
        return JsonResponse(outcomes(results), 207, REPLAYED if all_replayed(results) else ())
    added = await add_one(tasks, body, key)
    location = f"{_address(request, user_id)}/{added.task.id}".encode()
    more = REPLAYED if added.replayed else ()
    return task_response(added.task, 201, ((b"location", location), *more))


@Handler("/api/{user_id:str}/tasks", http_method="GET", **description.LIST_TASKS)
async def list_tasks(user_id: UserId, request: HttpRequest) -> Response:
    """List the tasks of the user that the filter is true of, or all; nobody's are an empty array.

    With `page_size` they come in pages: where there are more, `Link` has the address of the next.
    """
    tasks, query = _asked(request, user_id, FINDING)
    exchange = exchange_of(request.scope)
    if query.pop("explain", False):
        explanation = await tasks.explain(query.get("filter", ""))
        return tagged(exchange, JsonResponse(Explanation(explanation)))
    page = await tasks.find(**query)
    if page.next_page_token is None:
        return tagged(exchange, tasks_response(page))
    address = f"{_address(request, user_id)}?{next_query(request, page.next_page_token)}"
    link = f'<{address}>; rel="next"'.encode()
    return tagged(exchange, tasks_response(page, ((b"link", link),)), link)


@Handler("/api/{user_id:str}/tasks/count", http_method="GET", **description.COUNT_TASKS)
async def count_tasks(user_id: UserId, request: HttpRequest) -> Response:
    """Count the tasks of the user that the filter is true of, or all."""
    tasks, query = _asked(request, user_id, COUNTING)
    amount = Amount(await tasks.count(**query))
    return tagged(exchange_of(request.scope), JsonResponse(amount))


@Handler("/api/{user_id:str}/projects", http_method="GET", **description.LIST_PROJECTS)
async def list_projects(user_id: UserId, request: HttpRequest) -> Response:
    """List the projects in use, by name, with how many open tasks are in each."""
    projects = await _tasks(request, user_id).projects()
    tallies = [Tally(*pair) for pair in projects.items()]
    return tagged(exchange_of(request.scope), JsonResponse(tallies))


@Handler("/api/{user_id:str}/tags", http_method="GET", **description.LIST_TAGS)
async def list_tags(user_id: UserId, request: HttpRequest) -> Response:
    """List the tags in use, by name, with how many open tasks have each."""
    tags = await _tasks(request, user_id).tags()
    tallies = [Tally(*pair) for pair in tags.items()]
    return tagged(exchange_of(request.scope), JsonResponse(tallies))


@Handler("/api/{user_id:str}/tasks/{task_id:str}", http_method="GET", **description.GET_TASK)
async def get_task(user_id: UserId, task_id: TaskId, request: HttpRequest) -> Response:
    """Read one task; or, with `If-None-Match`, only if it is not as it was."""
    task = await _tasks(request, user_id).get(_id(task_id))
    return known(exchange_of(request.scope), tag_of(task)) or task_response(task)


@Handler("/api/{user_id:str}/tasks/{task_id:str}", http_method="PUT", **description.UPDATE_TASK)
async def update_task(user_id: UserId, task_id: TaskId, request: HttpRequest) -> Response:
    """Change the fields that the body names; a missing one stays, a null clears what can be none.

    `extra` is merged into what is there, as RFC 7396 says.
    """
    tasks, id = _tasks(request, user_id), _id(task_id)
    expected = condition_of(exchange_of(request.scope))
    changes = await read_object(request, CHANGES)
    return task_response(await tasks.edit(id, expected=expected, **changes))


@Handler("/api/{user_id:str}/tasks/{task_id:str}", http_method="PATCH", **description.PATCH_TASK)
async def patch_task(user_id: UserId, task_id: TaskId, request: HttpRequest) -> Response:
    """Change the task by a JSON Merge Patch (RFC 7396) of the fields that can be changed."""
    tasks, id = _tasks(request, user_id), _id(task_id)
    expected = condition_of(exchange_of(request.scope))
    changes = await read_object(request, CHANGES, MERGE_PATCH)
    return task_response(await tasks.edit(id, expected=expected, **changes))


@Handler("/api/{user_id:str}/tasks/{task_id:str}", http_method="DELETE", **description.DELETE_TASK)
async def delete_task(user_id: UserId, task_id: TaskId, request: HttpRequest) -> Response:
    """Remove the task; one with subtasks only with `subtree=true`, and then all below it as well.

    All of a subtree goes, or nothing does.
    """
    tasks, query = _asked(request, user_id, REMOVING)
    expected = condition_of(exchange_of(request.scope))
    await tasks.remove(_id(task_id), expected=expected, **query)
    return JsonResponse(Message("Task deleted successfully"))


@Handler(
    "/api/{user_id:str}/tasks/{task_id:str}/complete",
    http_method="PATCH",
    **description.TOGGLE_TASK,
)
async def toggle_task(user_id: UserId, task_id: TaskId, request: HttpRequest) -> Response:
    """Toggle completion, or set it with ``{"completed": ...}``, which is safe to send again."""
    tasks, id = _tasks(request, user_id), _id(task_id)
    expected = condition_of(exchange_of(request.scope))
    if await request.body() and (body := await read_object(request, COMPLETION)):
        return task_response(await tasks.edit(id, expected=expected, **body))
    return task_response(await tasks.toggle(id, expected=expected))


HANDLERS: Final = (
    create_task,
    list_tasks,
    count_tasks,
    list_projects,
    list_tags,
    get_task,
    update_task,
    patch_task,
    delete_task,
    toggle_task,
)


def _tasks(request: HttpRequest, user_id: str) -> AsyncTasks:
    """Return the user's tasks, for a call that has no parameters but those in its path."""
    return _asked(request, user_id, NOTHING)[0]


def _asked(
    request: HttpRequest, user_id: str, allowed: frozenset[str]
) -> tuple[AsyncTasks, dict[str, Any]]:
    """Return the user's tasks, in the zone that the query names, and its other parameters."""
    exchange, service = exchange_of(request.scope), request.app.state.service
    service.authorize(exchange, user_id)
    if service.rate_limit:
        service.rate_limit(exchange, user_id)
    query = read_query(request, allowed)
    zone = query.pop("zone", UTC)
    return AsyncTasks(service.batcher, user_id, zone=zone), query


def _id(task_id: str) -> UUID:
    return id_from_text(task_id, InvalidTask)


def _address(request: HttpRequest, user_id: str) -> str:
    """Return the path of the user's tasks, also where the application is mounted below another."""
    name = quote(user_id, safe="")
    if name in {".", ".."}:
        # Who resolves the address against another would take it for a step in the path (RFC 3986).
        name = name.replace(".", "%2E")
    return f"{mount_of(request.scope)}/api/{name}/tasks"
