using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Models;
using DistEmbed.Worker.Models.Contract;
using DistEmbed.Worker.Training;

namespace DistEmbed.Coordinator.Local;

/// <summary>What becomes of the demands on a model, tried on some of the job's training examples.</summary>
/// <param name="Stage">Name of the stage.</param>
/// <param name="Results">The demands in order, each with what became of it.</param>
public sealed record ContractCheck(string Stage, IReadOnlyList<(ModelContract Demand, DemandResult Result)> Results)
{
    private const int Examples = 8;

    /// <summary>Tries the model of every stage.</summary>
    /// <exception cref="InvalidInputException">Data, vectors or model cannot be used.</exception>
    public static IEnumerable<ContractCheck> Of(JobFile job)
    {
        var inputs = new StageInputs();
        foreach (PlannedStage planned in PlannedStage.Of(job, inputs))
        {
            JobStage stage = job.Stages.First(stage => stage.Name == planned.Name);
            JobSpec spec = stage.Spec;
            if (spec.Model is GloVeSpec)
                throw new InvalidInputException("model.kind", "is glove, which trains on cells of a matrix: the contract is tried on examples.", "Check another model.");
            PreparedData data = inputs.DataOf(job, stage);
            int dimension = planned.Tables.First(table => table.Name == "embedding").Dimension;
            var shape = new ModelShape(data.Vocabulary, data.Labels.Count, dimension, spec.Vectors.Range) { Symbols = data.Symbols.Count, ModelPath = spec.ModelPath };
            if (spec.Model.UsesTorch)
                TorchRuntime.Configure(spec.Training.InstructionSet, spec.Training.TorchThreads);
            var subject = new ContractSubject(() => ModelCatalog.Create(spec.Model, shape), Some(data.Train, spec.Model.Reads))
            {
                SummedLoss = spec.Model.Reads == DataForm.Text,
                NotDerivatives = spec.Model is CbowSpec { FullError: true } ? "with fullError every context word gets the whole error, as in word2vec.c: that is not the loss's derivative" : null,
            };
            yield return new ContractCheck(planned.Name, [.. ModelContract.Demands.Select(demand => (demand, demand.Try(subject)))]);
        }
    }

    /// <summary>Examples from all over a set, and one without words, which data may have too.</summary>
    private static ExampleSet Some(ExampleSet all, DataForm form)
    {
        int count = Math.Min(Examples, all.Count);
        int[] chosen = [.. Enumerable.Range(0, count).Select(i => (int)((long)i * all.Count / count))];
        int[] labels = [.. chosen.Select(all.Label)];
        int[][] tokens = [.. chosen.Select(example => all.Tokens(example).ToArray())];
        if (form is DataForm.Labels or DataForm.Text)
            (labels, tokens) = ([.. labels, labels[0]], [.. tokens, []]);
        if (!all.IsAnnotated)
            return new ExampleSet(Starts(tokens), [.. tokens.SelectMany(t => t)], labels);
        int[][] annotations = [.. chosen.Select(example => all.Annotations(example).ToArray())];
        return new ExampleSet(Starts(tokens), [.. tokens.SelectMany(t => t)], labels, Starts(annotations), [.. annotations.SelectMany(a => a)]);
    }

    private static int[] Starts(int[][] parts)
    {
        var starts = new int[parts.Length + 1];
        for (int i = 0; i < parts.Length; i++)
            starts[i + 1] = starts[i] + parts[i].Length;
        return starts;
    }
}
