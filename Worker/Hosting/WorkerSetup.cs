using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Models;
using DistEmbed.Worker.Training;

namespace DistEmbed.Worker.Hosting;

/// <summary>Everything that a worker needs of a run, made of the run's description and data: the same as the coordinator has.</summary>
/// <param name="Run">Job and tables.</param>
/// <param name="Data">The prepared data.</param>
/// <param name="Batches">Which examples make which slice.</param>
/// <param name="Model">The model; whoever takes it disposes it.</param>
public sealed record WorkerSetup(DescribedRun Run, PreparedData Data, IBatchPlan Batches, IEmbeddingModel Model)
{
    /// <summary>Builds everything, and checks that it is what the coordinator has.</summary>
    /// <param name="run">The run.</param>
    /// <param name="data">The prepared data that <see cref="RunDescription.DataArtifact"/> names.</param>
    /// <param name="classes">The row classes that <see cref="RunDescription.ClassesArtifact"/> names; null: none.</param>
    /// <param name="models">Folder with the assemblies that it may load as models of a job; null: it loads none.</param>
    /// <exception cref="InvalidInputException">This machine cannot compute as the job asks, or its program finds something else than the coordinator's.</exception>
    public static WorkerSetup Of(RunDescription run, PreparedData data, RowClasses? classes = null, string? models = null)
    {
        DescribedRun described = DescribedRun.Of(run, classes);
        JobSpec job = described.Job;
        if (job.Model.UsesTorch)
            TorchRuntime.Configure(job.Training.InstructionSet, job.Training.TorchThreads);
        IBatchPlan batches = BatchPlans.Of(job, data);
        if (batches.StepsPerEpoch != run.StepsPerEpoch)
            throw DescribedRun.Differs(run, "number of steps an epoch", batches.StepsPerEpoch, run.StepsPerEpoch);
        IEmbeddingModel model = ModelCatalog.Create(job.Model, new ModelShape(data.Vocabulary, data.Labels.Count, run.Dimension, run.EmbeddingRange) { Symbols = data.Symbols.Count, ModelPath = job.Model is CustomModelSpec custom ? ModelFolder.PathOf(custom, models) : null });
        if (!model.Tables.SequenceEqual(run.Tables))
        {
            string tables = string.Join("; ", model.Tables);
            model.Dispose();
            throw DescribedRun.Differs(run, "list of tables", tables, string.Join("; ", run.Tables));
        }

        return new WorkerSetup(described, data, batches, model);
    }
}
