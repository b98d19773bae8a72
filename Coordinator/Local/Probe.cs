using System.Globalization;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Evaluation.Intrinsic;

namespace DistEmbed.Coordinator.Local;

/// <summary>A probe of a job with its set in memory: either pairs or analogies.</summary>
/// <param name="Spec">The setting.</param>
/// <param name="Pairs">The pairs; null: analogies.</param>
/// <param name="Analogies">The analogies; null: pairs.</param>
public sealed record Probe(ProbeSpec Spec, WordPairFile? Pairs, AnalogyFile? Analogies)
{
    /// <summary>Name of the set, with the conventions that are not the defaults, so that two probes by one set can be told apart.</summary>
    public string Name
    {
        get
        {
            var differs = new List<string>();
            if (Spec.Restrict != ProbeSpec.DefaultRestrict)
                differs.Add(string.Create(CultureInfo.InvariantCulture, $"{Spec.Restrict:N0} words"));
            if (Spec.CaseSensitive)
                differs.Add("case counts");
            if (Spec.Missing == MissingWords.Zero)
                differs.Add("missing count");
            if (Spec.Method == AnalogyMethod.Mul)
                differs.Add("3CosMul");
            return $"{Pairs?.Name ?? Analogies!.Name}{(differs.Count == 0 ? "" : $" ({string.Join(", ", differs)})")}";
        }
    }

    /// <summary>Reads the probes of a stage.</summary>
    /// <exception cref="InvalidInputException">A file cannot be used; carries the errors of all.</exception>
    public static IReadOnlyList<Probe> ReadAll(JobSpec job)
    {
        var probes = new List<Probe>();
        var errors = new List<InputError>();
        for (int i = 0; i < job.Evaluation.Probes.Count; i++)
        {
            ProbeSpec spec = job.Evaluation.Probes[i];
            string setting = $"evaluation.probes.{i}.{(spec.Pairs is null ? "analogies" : "pairs")}", path = job.Data.PathOf(spec.Pairs ?? spec.Analogies!);
            if (!File.Exists(path))
            {
                errors.Add(new InputError(setting, Directory.Exists(path) ? $"{path} is a folder, not a file." : $"There is no file {path}.", job.Data.Root is { } root
                    ? $"Check the path; a relative one starts from data.root, which is '{root}'."
                    : "Check the path; data.root is not set, so a relative one starts from the current folder."));
                continue;
            }

            try
            {
                probes.Add(new Probe(spec, spec.Pairs is null ? null : WordPairFile.Read(path), spec.Analogies is null ? null : AnalogyFile.Read(path)));
            }
            catch (InvalidInputException invalid)
            {
                errors.AddRange(invalid.Errors);
            }
        }

        return errors.Count == 0 ? probes : throw new InvalidInputException(errors);
    }

    /// <summary>Measures vectors, in one thread: it runs beside the training.</summary>
    public ProbeResult Measure(WordDirections words)
    {
        var conventions = Conventions.Of(Spec);
        if (Pairs is not null)
        {
            var similarity = WordSimilarity.Of(words, Pairs, conventions);
            return new ProbeResult(Name, similarity.Pairs, similarity.Covered) { Spearman = similarity.Correlation.Spearman, Pearson = similarity.Correlation.Pearson };
        }

        var analogies = WordAnalogies.Of(words, Analogies!, conventions, threads: 1);
        return new ProbeResult(Name, analogies.Total.Questions, analogies.Total.Covered)
        {
            Correct = analogies.Total.Correct,
            Accuracy = analogies.Total.Accuracy,
            Sections = analogies.Sections,
        };
    }
}
