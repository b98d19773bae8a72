namespace DistEmbed.Protocol.Jobs;

/// <summary>A stage of a job: one training run.</summary>
/// <param name="Name">Its name, unique in the job; of a job without stages the job's own.</param>
/// <param name="Spec">What it does. Its <see cref="JobSpec.Name"/> is the job's.</param>
public sealed record JobStage(string Name, JobSpec Spec);
