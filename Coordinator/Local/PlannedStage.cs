using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Models;

namespace DistEmbed.Coordinator.Local;

/// <summary>The phases and tables of a stage, before anything is trained: also where its vectors are those of a stage that has not been trained.</summary>
/// <param name="Name">The stage's name.</param>
/// <param name="Freeze">The phases.</param>
/// <param name="Tables">The tables.</param>
public sealed record PlannedStage(string Name, FreezePlan Freeze, IReadOnlyList<TableSpec> Tables)
{
    /// <summary>The stages of a job.</summary>
    /// <exception cref="InvalidInputException">Data or vectors cannot be used, or a phase does not fit the steps.</exception>
    public static IEnumerable<PlannedStage> Of(JobFile job)
    {
        var dimensions = new Dictionary<string, int>(StringComparer.Ordinal);
        var inputs = new StageInputs();
        foreach (JobStage stage in job.Stages)
        {
            PreparedData data = inputs.DataOf(stage.Spec);
            VectorsSpec vectors = stage.Spec.Vectors;
            int dimension = vectors.StageName is { } source ? dimensions[source]
                : inputs.VectorsOf(stage.Spec, _ => "")?.Dimension ?? vectors.Dimension!.Value;
            dimensions[stage.Name] = dimension;
            IBatchPlan batches = BatchPlans.Of(stage.Spec, data);
            int totalSteps = stage.Spec.Training.Steps ?? checked(stage.Spec.Training.Epochs!.Value * batches.StepsPerEpoch);
            using IEmbeddingModel model = ModelCatalog.Create(stage.Spec.Model, new ModelShape(data.Vocabulary, data.Labels.Count, dimension, vectors.Range));
            yield return new PlannedStage(stage.Name, FreezePlan.Resolve(stage.Spec, batches.StepsPerEpoch, totalSteps), model.Tables);
        }
    }
}
