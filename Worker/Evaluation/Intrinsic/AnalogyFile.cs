using DistEmbed.Protocol;

namespace DistEmbed.Worker.Evaluation.Intrinsic;

/// <summary>A question: <paramref name="A"/> is to <paramref name="B"/> as <paramref name="C"/> is to what?</summary>
/// <param name="A">A word.</param>
/// <param name="B">What belongs to it.</param>
/// <param name="C">Another word.</param>
/// <param name="Expected">What belongs to that.</param>
public sealed record AnalogyQuestion(string A, string B, string C, string Expected);

/// <summary>Questions about one relation.</summary>
/// <param name="Name">Name of the relation.</param>
/// <param name="Questions">In the order of the file.</param>
public sealed record AnalogySection(string Name, IReadOnlyList<AnalogyQuestion> Questions);

/// <summary>
/// A set of analogies in the form of word2vec's questions-words.txt: four words a line, with blanks or tabs between, and lines <c>: NAME</c> that begin a section. Questions
/// before the first such line are a section named <see cref="Unnamed"/>.
/// </summary>
/// <param name="Name">Name of the set.</param>
/// <param name="Sections">The sections in the order of the file.</param>
public sealed record AnalogyFile(string Name, IReadOnlyList<AnalogySection> Sections)
{
    /// <summary>Name of the section of questions before the first that has a name.</summary>
    public const string Unnamed = "questions";

    /// <summary>Questions of all sections.</summary>
    public IEnumerable<AnalogyQuestion> Questions => Sections.SelectMany(section => section.Questions);

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidInputException">It is missing, or a line is no question; carries every error.</exception>
    public static AnalogyFile Read(string path)
    {
        var sections = new List<(string Name, List<AnalogyQuestion> Questions)>();
        var errors = new List<InputError>();
        foreach ((int number, string line) in EvaluationText.Lines(path))
        {
            if (line.StartsWith(':'))
            {
                sections.Add((line[1..].Trim() is { Length: > 0 } name ? name : Unnamed, []));
                continue;
            }

            string[] words = line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length != 4)
            {
                errors.Add(new InputError($"{path}:{number}", $"has {words.Length} words where a question has four: '{EvaluationText.Shown(line)}'.", "Write four words with blanks between, or : NAME to begin a section."));
                continue;
            }

            if (sections.Count == 0)
                sections.Add((Unnamed, []));
            sections[^1].Questions.Add(new AnalogyQuestion(words[0], words[1], words[2], words[3]));
        }

        if (errors.Count > 0)
            throw new InvalidInputException(errors);
        return sections.Any(section => section.Questions.Count > 0)
            ? new AnalogyFile(EvaluationText.NameOf(path), [.. sections.Select(section => new AnalogySection(section.Name, section.Questions))])
            : throw new InvalidInputException(path, "has no questions.", "Name a file of lines of four words.");
    }
}
