"""Callbacks of the trainers of transformers and Lightning."""

import pytest
import torch

transformers = pytest.importorskip("transformers")

from nino._trainers import Nowcasts
from nino.errors import NinoError
from nino.transformers import NiNoCallback

STEPS, STOP, PERIOD = 50, 30, 20


class Texts(torch.utils.data.Dataset):
    """Random walks on 32 tokens."""

    def __init__(self):
        generator = torch.Generator().manual_seed(0)
        self.rows = torch.randint(0, 3, (64, 16), generator=generator).cumsum(1) % 32

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        return {"input_ids": self.rows[index], "labels": self.rows[index]}


def gpt2():
    return transformers.GPT2LMHeadModel(
        transformers.GPT2Config(vocab_size=32, n_positions=16, n_embd=16, n_layer=2, n_head=2)
    ), {}


def mistral():
    """A family that no plugin knows."""
    config = transformers.MistralConfig(
        vocab_size=32,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=16,
    )
    return transformers.MistralForCausalLM(config), {"example": {"input_ids": torch.zeros(2, 8, dtype=torch.int64)}}


class Losses(transformers.TrainerCallback):
    def __init__(self):
        self.seen = {}

    def on_log(self, args, state, control, logs=None, **kwargs):
        if "loss" in logs:
            self.seen[state.global_step] = logs["loss"]


def trained(make, folder, steps, resume=None, **more):
    torch.manual_seed(0)
    model, options = make()
    options |= more
    losses, callback = Losses(), NiNoCallback(PERIOD, **options)
    arguments = transformers.TrainingArguments(
        output_dir=str(folder),
        max_steps=STEPS,
        save_steps=STOP,
        logging_steps=1,
        per_device_train_batch_size=4,
        learning_rate=1e-3,
        report_to=[],
        seed=0,
        use_cpu=True,
        disable_tqdm=True,
        save_total_limit=5,
    )
    arguments.max_steps = STEPS
    trainer = transformers.Trainer(model=model, args=arguments, train_dataset=Texts(), callbacks=[callback, losses])
    if steps < STEPS:
        trainer.add_callback(StopAt(steps))
    trainer.train(resume_from_checkpoint=resume)
    return losses.seen, callback, model


class StopAt(transformers.TrainerCallback):
    def __init__(self, step):
        self.step = step

    def on_step_end(self, args, state, control, **kwargs):
        if state.global_step >= self.step:
            control.should_training_stop = True


@pytest.mark.parametrize("make", [gpt2, mistral])
def test_a_resumed_training_has_the_losses_of_an_uninterrupted_one(make, tmp_path):
    if make is mistral:
        pytest.importorskip("nino.tracing")
    whole, callback, _ = trained(make, tmp_path / "whole", STEPS)
    assert len(whole) == STEPS and callback._nowcasts.run.completed_steps > STEPS
    trained(make, tmp_path / "parts", STOP)
    checkpoint = tmp_path / "parts" / f"checkpoint-{STOP}"
    assert (checkpoint / "nino.pt").is_file()
    rest, _, _ = trained(make, tmp_path / "parts", STEPS, resume=str(checkpoint))
    assert rest == {step: loss for step, loss in whole.items() if step > STOP}


def test_a_checkpoint_elsewhere_is_taken_up_and_that_of_another_run_is_not(tmp_path, monkeypatch):
    # The other run has kept three batches, in the folder where training goes on.
    own, other = tmp_path / "own", tmp_path / "other"
    trained(gpt2, own, STOP)
    trained(gpt2, other, STOP, batches=3)
    loaded = []
    monkeypatch.setattr(Nowcasts, "load_state_dict", lambda self, state: loaded.append(len(state["batches"])))
    trained(gpt2, other, STOP + 1, resume=str(own / f"checkpoint-{STOP}"))
    assert loaded == [2]
    own.rename(tmp_path / "moved")
    with pytest.warns(UserWarning, match="found none of this run: they begin anew"):
        trained(gpt2, other, STOP + 1, resume=str(tmp_path / "moved" / f"checkpoint-{STOP}"))
    assert loaded == [2]


def test_a_training_with_nowcasts_differs_from_one_without(tmp_path):
    losses, _, _ = trained(gpt2, tmp_path / "with", STEPS, policy="schedule")
    torch.manual_seed(0)
    model, _ = gpt2()
    plain = Losses()
    arguments = transformers.TrainingArguments(
        output_dir=str(tmp_path / "without"),
        max_steps=STEPS,
        save_strategy="no",
        logging_steps=1,
        per_device_train_batch_size=4,
        learning_rate=1e-3,
        report_to=[],
        seed=0,
        use_cpu=True,
        disable_tqdm=True,
    )
    transformers.Trainer(model=model, args=arguments, train_dataset=Texts(), callbacks=[plain]).train()
    # The first nowcast comes when nineteen steps have been recorded, behind the last of them.
    first = next(step for step in plain.seen if losses[step] != plain.seen[step])
    assert first == PERIOD and losses[first - 1] == plain.seen[first - 1]


def test_parameters_that_are_not_chosen_are_left_alone(tmp_path):
    def chosen(name, tensor):
        return "mlp" in name

    _, callback, model = trained(gpt2, tmp_path / "chosen", STEPS, policy="schedule", parameters=chosen)
    weights = callback._nowcasts.run.weights
    picked = {name for name, flag in zip(weights.names, weights.is_trained, strict=True) if flag}
    assert picked == {name for name, _ in model.named_parameters() if "mlp" in name} != set()


def test_a_line_fit_needs_no_example(tmp_path):
    def mistral_alone():
        return mistral()[0], {}

    with pytest.raises(NinoError, match="expected an example"):
        trained(mistral_alone, tmp_path / "network", STEPS)
    _, callback, _ = trained(mistral_alone, tmp_path / "line", STEPS, ckpt="linefit")
    assert callback._nowcasts.run.completed_steps > STEPS


def test_a_keyword_that_does_not_exist_is_refused_before_training():
    with pytest.raises(TypeError, match="horizn"):
        NiNoCallback(PERIOD, horizn=4)
    with pytest.raises(NinoError, match="states"):
        NiNoCallback(PERIOD, states="snapshots")


def test_tied_embeddings_stay_tied(tmp_path):
    _, callback, model = trained(gpt2, tmp_path / "tied", STEPS)
    assert model.lm_head.weight is model.transformer.wte.weight
    assert callback._nowcasts.run.policy == "search"


def test_lightning(tmp_path):
    lightning = pytest.importorskip("lightning.pytorch")
    from models import CNN, Convolutional, batches, loss_of
    from nino.lightning import NiNoCallback

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.fc = Convolutional().fc
            self.losses = []

        def forward(self, x):
            return self.fc(x)

        def training_step(self, batch, index):
            loss = loss_of(self, batch)
            self.log("loss", loss)
            if torch.is_grad_enabled():
                self.losses.append(loss.item())
            return loss

        def configure_optimizers(self):
            return torch.optim.AdamW(self.parameters(), lr=3e-3)

    def trainer(steps):
        return lightning.Trainer(
            max_steps=steps,
            callbacks=[NiNoCallback(PERIOD, config=CNN)],
            logger=False,
            accelerator="cpu",
            enable_progress_bar=False,
            enable_model_summary=False,
            enable_checkpointing=False,
            default_root_dir=tmp_path,
        )

    torch.manual_seed(0)
    data = torch.utils.data.DataLoader(batches(100), batch_size=None)
    module = Module()
    first = trainer(60)
    first.fit(module, data)
    callback = first.callbacks[0]
    assert callback._nowcasts.run.completed_steps > 60 and len(module.losses) == 60
    assert sum(module.losses[-10:]) < sum(module.losses[:10])
    first.save_checkpoint(tmp_path / "c.ckpt")
    second = trainer(80)
    second.fit(Module(), data, ckpt_path=tmp_path / "c.ckpt", weights_only=False)
    assert second.callbacks[0]._nowcasts.run.completed_steps > 80
    # There training_step takes steps, and cannot judge.
    manual = Module()
    manual.automatic_optimization = False
    with pytest.raises(NinoError, match="automatic_optimization: expected True, .*found False"):
        trainer(60).fit(manual, data)
