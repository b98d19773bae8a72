using System.Globalization;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vectors;
using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Coordinator.Local;

/// <summary>
/// What a user should know of the vectors that a stage starts from before it trains for hours: files that may be cut,
/// and files of other words.
/// </summary>
internal static class VectorFindings
{
    /// <summary>A file that has fewer of the words than this is probably not meant for them.</summary>
    private const double FewWords = 0.1;

    private const int WordsShown = 3;

    /// <summary>
    /// Refuses vectors of which no word of the data has one, where rows are frozen: the model would learn from numbers
    /// drawn at random.
    /// </summary>
    /// <exception cref="InvalidInputException">They are such.</exception>
    public static void RefuseUseless(
        JobSpec job, WordVocabulary words, LoadedVectors? vectors, IEnumerable<TablePlan> plans)
    {
        bool learns = plans.Any(plan => plan.IsChangeable && job.Model.VectorTables.Contains(plan.Spec.Name));
        if (vectors is not { Rows.Length: 0, Report: { Words: > 0 } report } || learns)
            return;
        string none = string.Create(CultureInfo.InvariantCulture, $"has none of the {report.Words:N0} words of the data");
        throw new InvalidInputException(
            "vectors.file", $"{job.Vectors.File} {none}, and the embedding stays frozen. {Compared(words, report)}",
            $"{Causes(job)} Or let the embedding be tuned.");
    }

    /// <summary>Tells the warnings.</summary>
    public static void Tell(PreparedStage stage, IJobReport report)
    {
        foreach (string warning in Warnings(stage))
            report.OnWarning(warning);
    }

    private static IEnumerable<string> Warnings(PreparedStage stage)
    {
        if (stage.Vectors is not { } vectors)
            yield break;
        VectorsSpec spec = stage.Job.Vectors;
        if (vectors.Report.File.HeaderWarning is { } header)
            yield return $"{spec.File}: {header}";
        if (vectors.Context?.Report.File.HeaderWarning is { } contextHeader)
            yield return $"{spec.ContextFile}: {contextHeader}";
        int all = vectors.Report.Words, found = vectors.Rows.Length;
        if (all > 0 && found < FewWords * all)
        {
            string few = string.Create(CultureInfo.InvariantCulture, $"has {found:N0} of the {all:N0} words of the data");
            yield return $"{spec.File} {few}. {Compared(stage.Data.Vocabulary, vectors.Report)} {Causes(stage.Job)}";
        }
    }

    private static string Compared(WordVocabulary words, VectorReport report)
    {
        int shown = Math.Min(WordsShown, words.Rows - WordVocabulary.FirstWordRow);
        IEnumerable<string> ofData = Enumerable.Range(WordVocabulary.FirstWordRow, shown).Select(words.Word);
        return $"Its first words are {Named(report.FirstWords)}, the most frequent of the data {Named(ofData)}.";
    }

    private static string Named(IEnumerable<string> words) => PrintableText.List(words.Select(word => $"'{word}'"));

    private static string Causes(JobSpec job)
    {
        string fallback = job.Vectors.LowerCaseFallback ? "" : ", vectors.lowerCaseFallback";
        return $"Check case (data.lowerCase{fallback}), language, data.tokenizer, and prefixes such as /c/en/.";
    }
}
