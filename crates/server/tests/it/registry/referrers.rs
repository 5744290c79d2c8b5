//! Which manifests refer to one.

use serde_json::{Value, json};
use wharf_testkit::{Actor, Answer, IMAGE, INDEX, TestRepository, TestServer, descriptor, digest, image};

async fn world() -> (TestServer, Actor, TestRepository, String) {
    let server = TestServer::start().await;
    let web = server.registry("myregistry").await.repository("web");
    let owner = server.owner();
    web.push_blob(&owner, "layer").await;
    (server, owner, web, digest(image("layer").to_string()))
}

/// Something that refers to the image.
fn signature(artifact_type: &str, note: &str) -> Value {
    let mut manifest = image("layer");
    manifest["artifactType"] = json!(artifact_type);
    manifest["annotations"] = json!({"note": note});
    manifest["subject"] = descriptor(IMAGE, image("layer").to_string());
    manifest
}

fn listed(answer: &Answer) -> Vec<String> {
    let manifests = answer.json()["manifests"].as_array().cloned().expect("a list");
    let mut digests: Vec<String> = manifests
        .iter()
        .map(|one| one["digest"].as_str().unwrap_or("").to_owned())
        .collect();
    digests.sort();
    digests
}

#[tokio::test]
async fn what_refers_to_a_manifest_is_listed_with_its_type_and_notes_whether_the_subject_is_there_or_not() {
    let (_server, owner, web, subject) = world().await;
    let none = web.get(&owner, &format!("referrers/{subject}")).await.expect(200);
    assert_eq!(
        none.json(),
        json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []})
    );
    assert_eq!(none.header("content-type"), INDEX);
    let signed = signature("application/signature", "mine");
    let answer = web
        .put_manifest(&owner, &digest(signed.to_string()), &signed)
        .await
        .expect(201);
    assert_eq!(answer.header("oci-subject"), subject);
    let expected = json!([{
        "mediaType": IMAGE, "digest": digest(signed.to_string()), "size": signed.to_string().len(),
        "artifactType": "application/signature", "annotations": {"note": "mine"},
    }]);
    let found = web.get(&owner, &format!("referrers/{subject}")).await.expect(200);
    assert_eq!(found.json()["manifests"], expected);
    // The subject comes later, and says nothing of itself.
    let answer = web.put_manifest(&owner, "v1", &image("layer")).await.expect(201);
    assert_eq!(answer.header("oci-subject"), "");
    let found = web.get(&owner, &format!("referrers/{subject}")).await.expect(200);
    assert_eq!(found.json()["manifests"], expected);
    web.delete(&owner, &format!("manifests/{}", digest(signed.to_string())))
        .await
        .expect(202);
    assert_eq!(
        listed(&web.get(&owner, &format!("referrers/{subject}")).await.expect(200)),
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn the_list_is_filtered_by_type_and_says_so() {
    let (_server, owner, web, subject) = world().await;
    let (sbom, signed) = (
        signature("application/sbom+json", "a"),
        signature("application/signature", "b"),
    );
    let mut plain = image("layer");
    plain["subject"] = signed["subject"].clone();
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [], "artifactType": "application/sbom+json", "subject": signed["subject"]});
    for manifest in [&sbom, &signed, &plain, &index] {
        let answer = web
            .put_manifest(&owner, &digest(manifest.to_string()), manifest)
            .await
            .expect(201);
        assert_eq!(answer.header("oci-subject"), subject);
    }
    let of = |manifests: &[&Value]| {
        let mut digests: Vec<String> = manifests.iter().map(|one| digest(one.to_string())).collect();
        digests.sort();
        digests
    };
    for (query, found) in [
        ("", of(&[&sbom, &signed, &plain, &index])),
        ("?artifactType=", of(&[&sbom, &signed, &plain, &index])),
        ("?artifactType=application/sbom%2Bjson", of(&[&sbom, &index])),
        // Without a type of its own it is of its configuration's.
        (
            "?artifactType=application/vnd.oci.image.config.v1%2Bjson",
            of(&[&plain]),
        ),
        ("?artifactType=none", vec![]),
        ("?artifactType=%00", vec![]),
        ("?last=%00", of(&[&sbom, &signed, &plain, &index])),
    ] {
        let answer = web
            .get(&owner, &format!("referrers/{subject}{query}"))
            .await
            .expect(200);
        assert_eq!(listed(&answer), found, "{query}");
        let filtered = query.starts_with("?artifactType=") && query != "?artifactType=";
        assert_eq!(
            answer.header("oci-filters-applied"),
            if filtered { "artifactType" } else { "" },
            "{query}"
        );
    }
}

#[tokio::test]
async fn referrers_are_of_their_own_repository_and_no_page_begins_before_the_last_one() {
    let (_server, owner, web, subject) = world().await;
    let api = TestRepository {
        host: web.host.clone(),
        name: "api".to_owned(),
    };
    api.push_blob(&owner, "layer").await;
    let signed = signature("application/signature", "theirs");
    api.put_manifest(&owner, "v1", &signed).await.expect(201);
    assert_eq!(
        listed(&web.get(&owner, &format!("referrers/{subject}")).await.expect(200)),
        Vec::<String>::new()
    );
    let after = digest(signed.to_string());
    let rest = api
        .get(&owner, &format!("referrers/{subject}?last={after}"))
        .await
        .expect(200);
    assert_eq!(listed(&rest), Vec::<String>::new());
    // A repository that is not there has none.
    let nothing = TestRepository {
        host: web.host.clone(),
        name: "nothing".to_owned(),
    };
    assert_eq!(
        listed(&nothing.get(&owner, &format!("referrers/{subject}")).await.expect(200)),
        Vec::<String>::new()
    );
    web.get(&owner, "referrers/v1")
        .await
        .expect_error(400, "DIGEST_INVALID");
}

#[tokio::test]
async fn a_filter_that_contradicts_itself_is_refused() {
    let (_server, owner, web, subject) = world().await;
    for query in ["artifactType=a&artifactType=b", "last=a&last=b"] {
        let answer = web.get(&owner, &format!("referrers/{subject}?{query}")).await;
        answer.expect_error(400, "UNSUPPORTED");
    }
}
