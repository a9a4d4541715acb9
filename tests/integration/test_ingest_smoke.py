import psycopg
from orchestration.municipality import load_municipality
from orchestration.ingest.load import process
def test_smoke(fresh, new_warehouse, shared_dir):
    for name in ("groningen","almere"):
        s=new_warehouse(data=shared_dir/"data", municipality=name)
        m=load_municipality(name)
        with psycopg.connect(s.dsn("loader")) as c:
            for spec in m.sources:
                for r in process(c,m,spec,s): print(r.message, r.status)
                assert process(c,m,spec,s)==[]
