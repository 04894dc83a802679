//! Which operations there are: name, function, the resource that IAM is asked about, roles passed on.

use crate::{Sagemaker, ops};
use service::{Operation, operation};

pub(crate) static OPERATIONS: &[Operation<Sagemaker>] = &[
    operation!("AddTags", ops::add_tags, "{ResourceArn}"),
    operation!(
        "AssociateTrialComponent",
        ops::associate_trial_component,
        "arn:aws:sagemaker:{region}:{account}:experiment-trial-component/{TrialComponentName}"
    ),
    operation!("BatchDescribeModelPackage", ops::batch_describe_model_package, "*"),
    operation!(
        "CreateAlgorithm",
        ops::create_algorithm,
        "arn:aws:sagemaker:{region}:{account}:algorithm/{AlgorithmName}"
    ),
    operation!(
        "CreateEndpoint",
        ops::create_endpoint,
        "arn:aws:sagemaker:{region}:{account}:endpoint/{EndpointName}"
    ),
    operation!(
        "CreateEndpointConfig",
        ops::create_endpoint_config,
        "arn:aws:sagemaker:{region}:{account}:endpoint-config/{EndpointConfigName}"
    ),
    operation!(
        "CreateExperiment",
        ops::create_experiment,
        "arn:aws:sagemaker:{region}:{account}:experiment/{ExperimentName}"
    ),
    operation!("CreateHyperParameterTuningJob", ops::create_hyper_parameter_tuning_job, "arn:aws:sagemaker:{region}:{account}:hyper-parameter-tuning-job/{HyperParameterTuningJobName}", pass "TrainingJobDefinition.RoleArn"),
    operation!("CreateModel", ops::create_model, "arn:aws:sagemaker:{region}:{account}:model/{ModelName}", pass "ExecutionRoleArn"),
    operation!(
        "CreateModelPackage",
        ops::create_model_package,
        "arn:aws:sagemaker:{region}:{account}:model-package-group/{ModelPackageGroupName}"
    ),
    operation!(
        "CreateModelPackageGroup",
        ops::create_model_package_group,
        "arn:aws:sagemaker:{region}:{account}:model-package-group/{ModelPackageGroupName}"
    ),
    operation!("CreateProcessingJob", ops::create_processing_job, "arn:aws:sagemaker:{region}:{account}:processing-job/{ProcessingJobName}", pass "RoleArn"),
    operation!("CreateTrainingJob", ops::create_training_job, "arn:aws:sagemaker:{region}:{account}:training-job/{TrainingJobName}", pass "RoleArn"),
    operation!(
        "CreateTransformJob",
        ops::create_transform_job,
        "arn:aws:sagemaker:{region}:{account}:transform-job/{TransformJobName}"
    ),
    operation!(
        "CreateTrial",
        ops::create_trial,
        "arn:aws:sagemaker:{region}:{account}:experiment-trial/{TrialName}"
    ),
    operation!(
        "CreateTrialComponent",
        ops::create_trial_component,
        "arn:aws:sagemaker:{region}:{account}:experiment-trial-component/{TrialComponentName}"
    ),
    operation!(
        "DeleteAlgorithm",
        ops::delete_algorithm,
        "arn:aws:sagemaker:{region}:{account}:algorithm/{AlgorithmName}"
    ),
    operation!(
        "DeleteEndpoint",
        ops::delete_endpoint,
        "arn:aws:sagemaker:{region}:{account}:endpoint/{EndpointName}"
    ),
    operation!(
        "DeleteEndpointConfig",
        ops::delete_endpoint_config,
        "arn:aws:sagemaker:{region}:{account}:endpoint-config/{EndpointConfigName}"
    ),
    operation!(
        "DeleteExperiment",
        ops::delete_experiment,
        "arn:aws:sagemaker:{region}:{account}:experiment/{ExperimentName}"
    ),
    operation!(
        "DeleteHyperParameterTuningJob",
        ops::delete_hyper_parameter_tuning_job,
        "arn:aws:sagemaker:{region}:{account}:hyper-parameter-tuning-job/{HyperParameterTuningJobName}"
    ),
    operation!(
        "DeleteModel",
        ops::delete_model,
        "arn:aws:sagemaker:{region}:{account}:model/{ModelName}"
    ),
    operation!("DeleteModelPackage", ops::delete_model_package, "{ModelPackageName}"),
    operation!(
        "DeleteModelPackageGroup",
        ops::delete_model_package_group,
        "arn:aws:sagemaker:{region}:{account}:model-package-group/{ModelPackageGroupName}"
    ),
    operation!(
        "DeleteProcessingJob",
        ops::delete_processing_job,
        "arn:aws:sagemaker:{region}:{account}:processing-job/{ProcessingJobName}"
    ),
    operation!("DeleteTags", ops::delete_tags, "{ResourceArn}"),
    operation!(
        "DeleteTrainingJob",
        ops::delete_training_job,
        "arn:aws:sagemaker:{region}:{account}:training-job/{TrainingJobName}"
    ),
    operation!(
        "DeleteTrial",
        ops::delete_trial,
        "arn:aws:sagemaker:{region}:{account}:experiment-trial/{TrialName}"
    ),
    operation!(
        "DeleteTrialComponent",
        ops::delete_trial_component,
        "arn:aws:sagemaker:{region}:{account}:experiment-trial-component/{TrialComponentName}"
    ),
    operation!(
        "DescribeAlgorithm",
        ops::describe_algorithm,
        "arn:aws:sagemaker:{region}:{account}:algorithm/{AlgorithmName}"
    ),
    operation!(
        "DescribeEndpoint",
        ops::describe_endpoint,
        "arn:aws:sagemaker:{region}:{account}:endpoint/{EndpointName}"
    ),
    operation!(
        "DescribeEndpointConfig",
        ops::describe_endpoint_config,
        "arn:aws:sagemaker:{region}:{account}:endpoint-config/{EndpointConfigName}"
    ),
    operation!(
        "DescribeExperiment",
        ops::describe_experiment,
        "arn:aws:sagemaker:{region}:{account}:experiment/{ExperimentName}"
    ),
    operation!(
        "DescribeHyperParameterTuningJob",
        ops::describe_hyper_parameter_tuning_job,
        "arn:aws:sagemaker:{region}:{account}:hyper-parameter-tuning-job/{HyperParameterTuningJobName}"
    ),
    operation!(
        "DescribeModel",
        ops::describe_model,
        "arn:aws:sagemaker:{region}:{account}:model/{ModelName}"
    ),
    operation!("DescribeModelPackage", ops::describe_model_package, "{ModelPackageName}"),
    operation!(
        "DescribeModelPackageGroup",
        ops::describe_model_package_group,
        "arn:aws:sagemaker:{region}:{account}:model-package-group/{ModelPackageGroupName}"
    ),
    operation!(
        "DescribeProcessingJob",
        ops::describe_processing_job,
        "arn:aws:sagemaker:{region}:{account}:processing-job/{ProcessingJobName}"
    ),
    operation!(
        "DescribeTrainingJob",
        ops::describe_training_job,
        "arn:aws:sagemaker:{region}:{account}:training-job/{TrainingJobName}"
    ),
    operation!(
        "DescribeTransformJob",
        ops::describe_transform_job,
        "arn:aws:sagemaker:{region}:{account}:transform-job/{TransformJobName}"
    ),
    operation!(
        "DescribeTrial",
        ops::describe_trial,
        "arn:aws:sagemaker:{region}:{account}:experiment-trial/{TrialName}"
    ),
    operation!(
        "DescribeTrialComponent",
        ops::describe_trial_component,
        "arn:aws:sagemaker:{region}:{account}:experiment-trial-component/{TrialComponentName}"
    ),
    operation!(
        "DisassociateTrialComponent",
        ops::disassociate_trial_component,
        "arn:aws:sagemaker:{region}:{account}:experiment-trial-component/{TrialComponentName}"
    ),
    operation!("ListAlgorithms", ops::list_algorithms, "*"),
    operation!("ListEndpointConfigs", ops::list_endpoint_configs, "*"),
    operation!("ListEndpoints", ops::list_endpoints, "*"),
    operation!("ListExperiments", ops::list_experiments, "*"),
    operation!("ListHyperParameterTuningJobs", ops::list_hyper_parameter_tuning_jobs, "*"),
    operation!("ListModelPackageGroups", ops::list_model_package_groups, "*"),
    operation!("ListModelPackages", ops::list_model_packages, "*"),
    operation!("ListModels", ops::list_models, "*"),
    operation!("ListProcessingJobs", ops::list_processing_jobs, "*"),
    operation!("ListTags", ops::list_tags, "{ResourceArn}"),
    operation!("ListTrainingJobs", ops::list_training_jobs, "*"),
    operation!(
        "ListTrainingJobsForHyperParameterTuningJob",
        ops::list_training_jobs_for_hyper_parameter_tuning_job,
        "arn:aws:sagemaker:{region}:{account}:hyper-parameter-tuning-job/{HyperParameterTuningJobName}"
    ),
    operation!("ListTransformJobs", ops::list_transform_jobs, "*"),
    operation!("ListTrialComponents", ops::list_trial_components, "*"),
    operation!("ListTrials", ops::list_trials, "*"),
    operation!("Search", ops::search, "*"),
    operation!(
        "StopHyperParameterTuningJob",
        ops::stop_hyper_parameter_tuning_job,
        "arn:aws:sagemaker:{region}:{account}:hyper-parameter-tuning-job/{HyperParameterTuningJobName}"
    ),
    operation!(
        "StopProcessingJob",
        ops::stop_processing_job,
        "arn:aws:sagemaker:{region}:{account}:processing-job/{ProcessingJobName}"
    ),
    operation!(
        "StopTrainingJob",
        ops::stop_training_job,
        "arn:aws:sagemaker:{region}:{account}:training-job/{TrainingJobName}"
    ),
    operation!(
        "StopTransformJob",
        ops::stop_transform_job,
        "arn:aws:sagemaker:{region}:{account}:transform-job/{TransformJobName}"
    ),
    operation!(
        "UpdateEndpoint",
        ops::update_endpoint,
        "arn:aws:sagemaker:{region}:{account}:endpoint/{EndpointName}"
    ),
    operation!(
        "UpdateEndpointWeightsAndCapacities",
        ops::update_endpoint_weights_and_capacities,
        "arn:aws:sagemaker:{region}:{account}:endpoint/{EndpointName}"
    ),
    operation!(
        "UpdateExperiment",
        ops::update_experiment,
        "arn:aws:sagemaker:{region}:{account}:experiment/{ExperimentName}"
    ),
    operation!("UpdateModelPackage", ops::update_model_package, "{ModelPackageArn}"),
    operation!(
        "UpdateTrial",
        ops::update_trial,
        "arn:aws:sagemaker:{region}:{account}:experiment-trial/{TrialName}"
    ),
    operation!(
        "UpdateTrialComponent",
        ops::update_trial_component,
        "arn:aws:sagemaker:{region}:{account}:experiment-trial-component/{TrialComponentName}"
    ),
];
