"""Searching, and what the register of addresses makes of a text. All by POST: nothing sensitive stands in a URL."""

from typing import Any

from apiflask import APIBlueprint

from signals_service.acts import search
from signals_service.acts.people import PersonInput
from signals_service.acts.search import AddressAnswer, AddressInput, PurposeInput
from signals_service.api.schemas import (
    AddressResolutionIn,
    AddressResolutionOut,
    AddressSearchIn,
    AddressSearchOut,
    PersonSearchIn,
    SearchOut,
)
from signals_service.auth import PLACER, SEARCHER, actor, require
from signals_service.current import desk
from signals_service.store import SearchAnswer

Json = dict[str, Any]


def register(api: APIBlueprint) -> None:
    @api.post("/address-searches")
    @require(SEARCHER, PLACER)
    @api.input(AddressSearchIn, arg_name="body")
    @api.output(AddressSearchOut, status_code=201)
    @api.doc(summary="Zoek signalen op een adres", operation_id="searchAddress")
    def search_address(body: Json) -> Json:
        """Elke zoekvraag wordt vastgelegd. Bij `ambiguous` en `not-found` is niet naar signalen gekeken."""
        answer = search.search_address(
            desk(), actor(), AddressInput(body.get("query"), body.get("address_id")), purpose_in(body)
        )
        return of_address(answer)

    @api.post("/person-searches")
    @require(SEARCHER, PLACER)
    @api.input(PersonSearchIn, arg_name="body")
    @api.output(SearchOut, status_code=201)
    @api.doc(summary="Zoek signalen over een persoon", operation_id="searchPerson")
    def search_person(body: Json) -> Json:
        """Met een burgerservicenummer, of met een achternaam en een geboortedatum. Die komen nooit terug."""
        return of_search(search.search_person(desk(), actor(), person_in(body), purpose_in(body)))

    @api.post("/address-resolutions")
    @require(SEARCHER, PLACER)
    @api.input(AddressResolutionIn, arg_name="body")
    @api.output(AddressResolutionOut, status_code=200)
    @api.doc(summary="Zoek adressen in het adressenregister", operation_id="resolveAddress")
    def resolve_address(body: Json) -> Json:
        """Alleen het register: er wordt niet naar signalen gekeken, dus een doel is niet nodig."""
        seen, candidates = search.resolve(desk(), body["query"])
        return {"status": seen, "candidates": candidates}


def purpose_in(body: Json) -> PurposeInput:
    return PurposeInput(body["purpose"], body["case_number"])


def person_in(body: Json) -> PersonInput:
    return PersonInput(body.get("bsn"), body.get("name"), body.get("birth_date"))


def of_search(answer: SearchAnswer) -> Json:
    return {
        "id": answer.processing_id,
        "processing_id": answer.processing_id,
        "status": answer.status,
        "hits": answer.hits,
        "hit_count": answer.hit_count,
        "department_count": answer.department_count,
        "data_date": answer.data_date,
    }


def of_address(answer: AddressAnswer) -> Json:
    if answer.search is None:
        raise ValueError("an answer of the register alone is no search")
    return of_search(answer.search) | {
        "address": answer.address,
        "candidates": answer.candidates,
        "suggestions": answer.suggestions,
        "beside": answer.beside,
        "understood": answer.understood,
        "notes": answer.notes,
    }
