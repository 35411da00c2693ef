//! Templates: what was typed for an experiment, kept under a name and used again.

use domain::names::check_name;
use domain::protocol::templates::{
    ListTemplatesResponse, PutTemplateRequest, RenameTemplateRequest, SavedTemplate,
};

use super::{Project, ServiceError, experiments};
use crate::process::clock;
use crate::storage::{Layout, templates};

/// `GET /api/v1/experiments/{experiment}/templates`
pub fn list(layout: &Layout, experiment: &str) -> Result<ListTemplatesResponse, ServiceError> {
    experiments::check(layout, experiment)?;
    let mut answer = ListTemplatesResponse {
        templates: Vec::new(),
        damaged: Vec::new(),
    };
    for name in templates::names(layout, experiment)? {
        match templates::read(layout, experiment, &name) {
            Ok(template) => answer.templates.push(template),
            Err(error) => answer.damaged.push(ServiceError::from(error).message()),
        }
    }
    Ok(answer)
}

/// `PUT /api/v1/experiments/{experiment}/templates/{name}`: saves one; replaces another only if asked to.
pub fn put(
    project: &Project,
    experiment: &str,
    name: &str,
    request: PutTemplateRequest,
) -> Result<SavedTemplate, ServiceError> {
    let layout = &project.layout;
    experiments::check(layout, experiment)?;
    check_template_name(name)?;
    if !request.overwrite && templates::exists(layout, experiment, name) {
        return Err(ServiceError::TemplateExists(name.to_owned()));
    }
    let template = SavedTemplate {
        name: name.to_owned(),
        saved_at_ms: clock::now(),
        inputs: request.inputs,
        options: request.options,
    };
    templates::write(layout, experiment, &template)?;
    Ok(template)
}

/// `POST /api/v1/experiments/{experiment}/templates/{name}/rename`
pub fn rename(
    project: &Project,
    experiment: &str,
    name: &str,
    request: &RenameTemplateRequest,
) -> Result<(), ServiceError> {
    let layout = &project.layout;
    known(layout, experiment, name)?;
    check_template_name(&request.to)?;
    if templates::exists(layout, experiment, &request.to) {
        return Err(ServiceError::TemplateExists(request.to.clone()));
    }
    Ok(templates::rename(layout, experiment, name, &request.to)?)
}

/// `DELETE /api/v1/experiments/{experiment}/templates/{name}`
pub fn delete(project: &Project, experiment: &str, name: &str) -> Result<(), ServiceError> {
    let layout = &project.layout;
    known(layout, experiment, name)?;
    Ok(templates::remove(layout, experiment, name)?)
}

fn known(layout: &Layout, experiment: &str, name: &str) -> Result<(), ServiceError> {
    experiments::check(layout, experiment)?;
    // A name that no template can have has no file to look for either.
    if check_name(name).is_err() || !templates::exists(layout, experiment, name) {
        return Err(ServiceError::NoTemplate(name.to_owned()));
    }
    Ok(())
}

fn check_template_name(name: &str) -> Result<(), ServiceError> {
    check_name(name).map_err(|source| ServiceError::TemplateName {
        name: name.to_owned(),
        source,
    })
}
