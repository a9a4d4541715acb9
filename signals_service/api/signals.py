"""Placing, renewing and closing signals of the own department."""

from typing import Any
from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, url_for

from signals_service.acts import signals
from signals_service.acts.search import AddressInput
from signals_service.acts.signals import SignalInput, SignalPlaced
from signals_service.api.schemas import (
    AddressOut,
    ClosureIn,
    OwnSignalOut,
    OwnSignalsOut,
    PlacedOut,
    RenewalIn,
    SignalIn,
    SignalQuery,
)
from signals_service.api.searches import of_search, person_in, purpose_in
from signals_service.auth import PLACER, actor, require
from signals_service.current import desk
from signals_service.errors import problem

Json = dict[str, Any]


def register(api: APIBlueprint) -> None:
    @api.get("/signals")
    @require(PLACER)
    @api.input(SignalQuery, location="query", arg_name="query")
    @api.output(OwnSignalsOut)
    @api.doc(summary="Signalen van de eigen afdeling", operation_id="listSignals")
    def own_signals(query: Json) -> Json:
        found, total = signals.own(
            desk(), actor(), status=query.get("status"), limit=query["limit"], offset=query["offset"]
        )
        return {"items": found, "total": total}

    @api.post("/signals")
    @require(PLACER)
    @api.input(SignalIn, arg_name="body")
    @api.output(PlacedOut, status_code=201)
    @api.doc(summary="Plaats een signaal", operation_id="placeSignal")
    def place_signal(body: Json) -> tuple[Json, int, dict[str, str]] | Response:
        """Naam en telefoonnummer komen uit het account. Is het adres niet één adres, dan is niets geplaatst (422)."""
        given = SignalInput(
            address=AddressInput(body.get("query"), body.get("address_id")),
            person=person_in(body),
            kind=body["kind"],
            reason=body["reason"],
            review_on=body.get("review_on"),
        )
        result = signals.place(desk(), actor(), given, purpose_in(body))
        if not isinstance(result, SignalPlaced):
            choices = AddressOut(many=True).dump(result.candidates or result.suggestions)
            title = "Welk adres bedoelt u?" if result.candidates else "Dit adres staat niet in het adressenregister"
            detail = "Het signaal is niet geplaatst. Kies een adres en stuur het opnieuw, met addressId."
            return problem(422, title, detail, candidates=choices)
        placed = result.placed
        where = url_for("api.own_signal", signal_id=placed.signal_id)
        found = of_search(placed.answer) | {"beside": result.address.beside if result.address else ()}
        return {"id": placed.signal_id, "search": found}, 201, {"Location": where}

    @api.get("/signals/<uuid:signal_id>")
    @require(PLACER)
    @api.output(OwnSignalOut)
    @api.doc(summary="Een signaal van de eigen afdeling", operation_id="getSignal")
    def own_signal(signal_id: UUID) -> object:
        return signals.one(desk(), actor(), signal_id)

    @api.post("/signals/<uuid:signal_id>/renewals")
    @require(PLACER)
    @api.input(RenewalIn, arg_name="body")
    @api.output(OwnSignalOut, status_code=201)
    @api.doc(summary="Verleng een signaal", operation_id="renewSignal", responses={409: "Gesloten, of uit een bestand"})
    def renew_signal(signal_id: UUID, body: Json) -> object:
        signals.renew(desk(), actor(), signal_id, review_on=body["review_on"], reason=body["reason"])
        return signals.one(desk(), actor(), signal_id)

    @api.post("/signals/<uuid:signal_id>/closures")
    @require(PLACER)
    @api.input(ClosureIn, arg_name="body")
    @api.output(OwnSignalOut, status_code=201)
    @api.doc(summary="Sluit een signaal", operation_id="closeSignal", responses={409: "Gesloten, of uit een bestand"})
    def close_signal(signal_id: UUID, body: Json) -> object:
        signals.close(desk(), actor(), signal_id, reason=body["reason"])
        return signals.one(desk(), actor(), signal_id)
